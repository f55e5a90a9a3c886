using Gemma4.Testing;
using Microsoft.SemanticKernel;
using ModelContextProtocol.Client;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>Tools of a server in another process, as a plugin of the kernel.</summary>
public class McpToolTests
{
    [Fact]
    public async Task The_demo_model_calls_a_tool_of_a_server()
    {
        await using McpClient server = await StartAsync();
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(options => options.UseNano()).Build();
        kernel.Plugins.AddFromFunctions("Server", (await server.ListToolsAsync()).AsKernelFunctions());

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Contains("21 degrees and sunny in Paris", answer.History[3].Content, StringComparison.Ordinal);
        Assert.Contains("21", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dots_and_dashes_in_a_tools_name_and_numbers_in_its_arguments_arrive()
    {
        await using McpClient server = await StartAsync();
        using ScriptedChatClient client = new ScriptedChatClient()
            .Enqueue(new Microsoft.Extensions.AI.FunctionCallContent("c1", "Server-math_add_two", new Dictionary<string, object?> { ["a"] = 17.0, ["b"] = 25.0 }))
            .Enqueue("42");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.AddFromFunctions("Server", (await server.ListToolsAsync()).AsKernelFunctions());
        FunctionChoiceBehaviorOptions types = new() { RetainArgumentTypes = true };

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: true, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(options: types) });

        Assert.Contains("42", answer.History[3].Content, StringComparison.Ordinal);
        Assert.Equal(["Server-get_weather", "Server-math_add_two"], client.Calls[0].Options!.Tools!.Select(tool => tool.Name).Order(StringComparer.Ordinal));
    }

    private static Task<McpClient> StartAsync() => McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
    {
        Name = "probe",
        Command = "dotnet",
        Arguments = [Path.Combine(AppContext.BaseDirectory, "Gemma4.McpProbe.dll")],
    }));
}
