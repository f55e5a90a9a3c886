using Gemma4.Agents.Execution;
using Gemma4.Agents.Runs;
using Gemma4.Agents.Tracing;
using Gemma4.Testing;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.Agents.Tests;

/// <summary>One script through the three tool loops: what the guard sees and what runs must be the same.</summary>
public class SurfaceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_script_gives_the_same_trace_on_all_three(bool streaming)
    {
        (string[] extensions, string[] ran) = await RunAsync(ThroughExtensionsAsync, streaming);
        (string[] kernel, string[] ranKernel) = await RunAsync(ThroughKernelAsync, streaming, "Tools-");
        (string[] agent, string[] ranAgent) = await RunAsync(ThroughAgentAsync, streaming);

        Assert.Equal(["Paris", "Paris", "Paris", "Paris"], ran); // The misspelt call, then three equal ones.
        Assert.Equal(ran, ranKernel);
        Assert.Equal(ran, ranAgent);
        Assert.Contains(extensions, step => step.StartsWith("Stopped", StringComparison.Ordinal));
        Assert.Equal(extensions, kernel);
        Assert.Equal(extensions, agent);
    }

    private static async Task<(string[] Steps, string[] Ran)> RunAsync(Func<IChatClient, AIFunction, bool, Task<string>> surface, bool streaming, string prefix = "")
    {
        List<string> ran = [];
        AgentTrace trace = new();
        int number = 0;
        // Misspelt, then unknown, then the same call for ever; an answer when the tools are closed.
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCall(prefix + "get_waether", ("city", "Paris"))
            .EnqueueCall(prefix + "forecast", ("city", "Paris"))
            .Otherwise(asked => asked.Options?.ToolMode is NoneChatToolMode
                ? [new Microsoft.Extensions.AI.TextContent("Sunny, it seems.")]
                : [new Microsoft.Extensions.AI.FunctionCallContent($"again_{number++}", prefix + "get_weather", new Dictionary<string, object?> { ["city"] = "Paris", ["days"] = "1" })]);
        using AgentRun run = AgentRun.Start(trace: trace);
        AIFunction tool = Agent.Weather(ran.Add).WithPolicy(new ToolPolicy(), run);

        string text = await surface(model, tool, streaming);

        Assert.EndsWith("Sunny, it seems.", text, StringComparison.Ordinal);
        return ([.. trace.Steps.Select(step => $"{step.Kind} {step.Tool} {step.Arguments} {step.Text}".Replace("Tools-", "", StringComparison.Ordinal))], [.. ran]);
    }

    private static async Task<string> ThroughExtensionsAsync(IChatClient model, AIFunction tool, bool streaming) =>
        (await model.AsBuilder().UseFunctionInvocation().UseToolGuard().Build().AskAsync(streaming, new ChatOptions { Tools = [tool] })).Text;

    private static async Task<string> ThroughKernelAsync(IChatClient model, AIFunction tool, bool streaming)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddGemma4(model, pipeline: stages => stages.UseToolGuard());
        Kernel kernel = builder.Build();
        kernel.Plugins.AddFromFunctions("Tools", [tool.AsKernelFunction()]); // The kernel puts the plugin before the name.
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        ChatHistory history = new();
        history.AddUserMessage("Go on.");
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        return streaming
            ? string.Concat(await service.GetStreamingChatMessageContentsAsync(history, settings, kernel).Select(chunk => chunk.Content).ToListAsync())
            : (await service.GetChatMessageContentAsync(history, settings, kernel)).Content ?? "";
    }

    private static async Task<string> ThroughAgentAsync(IChatClient model, AIFunction tool, bool streaming)
    {
        ChatClientAgent agent = new(model.AsBuilder().UseToolGuard().Build(), tools: [tool]);
        return streaming
            ? (await agent.RunStreamingAsync("Go on.").ToListAsync()).ToAgentResponse().Text
            : (await agent.RunAsync("Go on.")).Text;
    }
}
