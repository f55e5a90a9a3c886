using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>
/// Who runs the function and whose filters fire, for each way to wire function invocation under the kernel. The stock
/// bridge is shown beside our service, so that a change in the kernel's packages shows here first.
/// </summary>
public class WiringMatrixTests
{
    public static TheoryData<string, bool, bool, bool, int> Matrix
    {
        get
        {
            TheoryData<string, bool, bool, bool, int> rows = [];
            foreach (bool streaming in new[] { false, true })
            {
                // wiring, autoInvoke, streaming, function runs, times that the auto-invocation filter fires
                rows.Add("ours", true, streaming, true, 1);
                rows.Add("ours", false, streaming, false, 0);
                rows.Add("stock + UseKernelFunctionInvocation", true, streaming, true, 1);
                rows.Add("stock + UseKernelFunctionInvocation", false, streaming, false, 0);
                rows.Add("stock + UseFunctionInvocation", true, streaming, true, 0);
                rows.Add("stock + UseFunctionInvocation", false, streaming, true, 0); // runs what it was told not to run
                rows.Add("stock alone", true, streaming, false, 0); // does not run what it was told to run
                rows.Add("stock alone", false, streaming, false, 0);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task A_function_runs_and_filters_fire_as_the_matrix_says(string wiring, bool autoInvoke, bool streaming, bool runs, int filtered)
    {
        CountingFilter filter = new();
        SmallKernel.WeatherPlugin plugin = new();
        // The stock bridge gives the model another separator between plugin and function than the kernel's connectors do.
        string name = wiring == "ours" ? SmallKernel.FunctionName : "Weather_get_weather";
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call(name: name)).Enqueue("Sunny.");
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Plugins.AddFromObject(plugin, "Weather");
        builder.Services.AddSingleton<IAutoFunctionInvocationFilter>(filter);
        Wire(builder, wiring, client);
        Kernel kernel = builder.Build();

        string text = await TextOfAsync(kernel, streaming, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: autoInvoke) });

        Assert.Equal(runs ? ["Paris"] : [], plugin.Cities);
        Assert.Equal(filtered, filter.Count("auto"));
        Assert.Equal(runs ? "Sunny." : "", text);
        Assert.Equal(runs ? 2 : 1, client.Calls.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_auto_invocation_the_call_comes_back_and_the_history_stays(bool streaming)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call());
        Kernel kernel = SmallKernel.Over(client);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) });

        Assert.Equal(["get_weather"], answer.Calls);
        Assert.Equal("tool_calls", answer.Metadata["FinishReason"]);
        Assert.Equal(2, answer.History.Count);
    }

    [Fact]
    public async Task The_registered_chat_client_honours_the_kernel_too()
    {
        CountingFilter filter = new();
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call(name: "Weather_get_weather")).Enqueue("Sunny.");
        Kernel kernel = SmallKernel.Over(client, services: services => services.AddSingleton<IAutoFunctionInvocationFilter>(filter));
        Gemma4PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

        ChatResponse response = await kernel.GetRequiredService<IChatClient>().GetResponseAsync("Weather?", settings.ToChatOptions(kernel));

        Assert.Equal("Sunny.", response.Text);
        Assert.Equal(1, filter.Count("auto"));
    }

    private static async Task<string> TextOfAsync(Kernel kernel, bool streaming, PromptExecutionSettings settings)
    {
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        ChatHistory history = new("Be brief.") { new(AuthorRole.User, "What is the weather in Paris?") };
        return streaming
            ? string.Concat(await service.GetStreamingChatMessageContentsAsync(history, settings, kernel).Select(chunk => chunk.Content).ToListAsync())
            : (await service.GetChatMessageContentAsync(history, settings, kernel)).Content ?? "";
    }

    private static void Wire(IKernelBuilder builder, string wiring, IChatClient client)
    {
        if (wiring == "ours")
        {
            builder.AddGemma4(client);
            return;
        }

        ChatClientBuilder stages = client.AsBuilder();
        if (wiring.EndsWith("UseKernelFunctionInvocation", StringComparison.Ordinal))
        {
            stages.UseKernelFunctionInvocation();
        }
        else if (wiring.EndsWith("UseFunctionInvocation", StringComparison.Ordinal))
        {
            stages.UseFunctionInvocation();
        }

        IChatClient pipeline = stages.Build();
        builder.Services.AddSingleton(pipeline.AsChatCompletionService());
    }
}
