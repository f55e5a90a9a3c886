using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel.Tests;

public class FunctionChoiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_call_and_its_result_stand_in_the_history_as_other_connectors_write_them(bool streaming)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call()).Enqueue("Sunny.");
        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming, Auto());

        ChatMessageContent call = answer.History[2];
        ChatMessageContent result = answer.History[3];
        Assert.Equal(4, answer.History.Count);
        Assert.Equal((AuthorRole.Assistant, AuthorRole.Tool), (call.Role, result.Role));
        Microsoft.SemanticKernel.FunctionCallContent made = Assert.IsType<Microsoft.SemanticKernel.FunctionCallContent>(Assert.Single(call.Items));
        Assert.Equal(("Weather", "get_weather", "call_1"), (made.PluginName, made.FunctionName, made.Id));
        Assert.Equal("It is 21 degrees and sunny in Paris.", result.Content);
        Microsoft.SemanticKernel.FunctionResultContent got = result.Items.OfType<Microsoft.SemanticKernel.FunctionResultContent>().Single();
        Assert.Equal(("Weather", "get_weather", "call_1", "It is 21 degrees and sunny in Paris."), (got.PluginName, got.FunctionName, got.CallId, got.Result));
        Assert.Equal("tool_calls", call.Metadata!["FinishReason"]);
        Assert.Equal("Sunny.", answer.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_of_all_requests_adds_up_in_the_answer(bool streaming)
    {
        UsageContent first = new(new UsageDetails { InputTokenCount = 10, OutputTokenCount = 1, TotalTokenCount = 11 });
        UsageContent second = new(new UsageDetails { InputTokenCount = 20, OutputTokenCount = 2, TotalTokenCount = 22 });
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call(), first).Enqueue(new AI.TextContent("Sunny."), second);

        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming, Auto());

        Assert.Equal(33, Assert.IsType<UsageDetails>(answer.Metadata["Usage"]).TotalTokenCount);
        Assert.Equal(11, Assert.IsType<UsageDetails>(answer.History[2].Metadata!["Usage"]).TotalTokenCount);
    }

    [Fact]
    public async Task Behaviors_become_tool_modes_and_Required_asks_once()
    {
        Assert.IsType<AutoChatToolMode>((await OptionsOf(FunctionChoiceBehavior.Auto(autoInvoke: false))).ToolMode);
        ChatOptions none = await OptionsOf(FunctionChoiceBehavior.None());
        Assert.IsType<NoneChatToolMode>(none.ToolMode);
        Assert.Equal(2, none.Tools!.Count);
        Assert.Equal(ChatToolMode.RequireAny, (await OptionsOf(FunctionChoiceBehavior.Required(autoInvoke: false))).ToolMode);
        Assert.Null((await OptionsOf(null)).Tools);

        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call()).Enqueue("Sunny.");
        await TwoFunctions(client).AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required() });
        Assert.Equal(ChatToolMode.RequireAny, client.Calls[0].Options!.ToolMode);
        Assert.Null(client.Calls[1].Options!.Tools);
    }

    [Fact]
    public async Task A_subset_is_all_that_the_model_sees_and_may_call()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call(name: "Clock-now")).Enqueue("Sorry.");
        Kernel kernel = TwoFunctions(client);
        KernelFunction weather = kernel.Plugins.GetFunction("Weather", "get_weather");

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto([weather]) });

        Assert.Equal(["Weather-get_weather"], client.Calls[0].Options!.Tools!.Select(tool => tool.Name));
        Assert.Equal("Error: there is no function 'Clock-now'. Correct yourself. The functions are: Weather-get_weather.", answer.History[3].Content);
    }

    [Fact]
    public async Task Required_with_one_function_names_it()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Hm.");
        Kernel kernel = TwoFunctions(client);
        KernelFunction weather = kernel.Plugins.GetFunction("Weather", "get_weather");
        await kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required([weather]) });

        Assert.Equal("Weather-get_weather", Assert.IsType<RequiredChatToolMode>(client.Calls[0].Options!.ToolMode).RequiredFunctionName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllowParallelCalls_is_passed_on(bool? allow)
    {
        ChatOptions options = await OptionsOf(FunctionChoiceBehavior.Auto(autoInvoke: false, options: new() { AllowParallelCalls = allow }));

        Assert.Equal(allow, options.AllowMultipleToolCalls);
    }

    [Fact]
    public async Task Concurrent_invocation_starts_all_calls_before_one_ends()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(Call("1"), Call("2")).Enqueue("Done.");
        int started = 0;
        TaskCompletionSource both = new();
        Kernel kernel = WithFunction(client, async (string text) =>
        {
            if (Interlocked.Increment(ref started) == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(TimeSpan.FromMinutes(5));
            return "result " + text;
        });

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto(new() { AllowConcurrentInvocation = true }));

        Assert.Equal(["result 1", "result 2"], answer.History.Where(message => message.Role == AuthorRole.Tool).Select(message => message.Content));
    }

    [Fact]
    public async Task Calls_run_one_after_the_other_unless_asked_otherwise()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(Call("1"), Call("2")).Enqueue("Done.");
        List<string> events = [];
        Kernel kernel = WithFunction(client, async (string text) =>
        {
            events.Add("start " + text);
            await Task.Yield();
            events.Add("end " + text);
        });

        await kernel.AskAsync(streaming: false, Auto());

        Assert.Equal(["start 1", "end 1", "start 2", "end 2"], events);
    }

    [Theory]
    [InlineData(false, "String", "String")]
    [InlineData(true, "JsonElement", "Double")]
    public async Task Arguments_are_text_unless_their_types_are_to_be_kept(bool retain, string json, string number)
    {
        Dictionary<string, object?> arguments = new() { ["a"] = System.Text.Json.JsonElement.Parse("17"), ["b"] = 25.5 };
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(new AI.FunctionCallContent("c", "Test-run", arguments)).Enqueue("42.5");
        CountingFilter filter = new();
        Kernel kernel = WithFunction(client, (int a, double b) => a + b);
        kernel.AutoFunctionInvocationFilters.Add(filter);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto(new() { RetainArgumentTypes = retain }));

        KernelArguments seen = filter.Contexts.Single().Arguments!;
        Assert.Equal((json, number), (seen["a"]!.GetType().Name, seen["b"]!.GetType().Name));
        Assert.Equal("42.5", answer.History[3].Content);
    }

    [Fact]
    public async Task A_failing_function_tells_the_model_and_the_loop_goes_on()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(Call("1")).Enqueue("Sorry.");
        Kernel kernel = WithFunction(client, (string text) => { throw new InvalidOperationException("No such text."); });

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto());

        Assert.Equal("Error: the function failed. No such text.", answer.History[3].Content);
        Assert.Equal("Sorry.", answer.Text);
    }

    [Fact]
    public async Task A_call_that_cannot_be_read_is_answered_so_that_the_model_can_mend_it()
    {
        AI.FunctionCallContent broken = new("c", "Weather-get_weather") { Exception = new FormatException("A bracket is missing."), InformationalOnly = true };
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(broken).Enqueue(SmallKernel.Call()).Enqueue("Sunny.");

        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming: false, Auto());

        Assert.Equal("Error: the function call could not be read. Correct yourself. A bracket is missing.", answer.History[3].Content);
        Assert.Equal("Sunny.", answer.Text);
    }

    [Fact]
    public async Task Objects_stay_objects_for_the_model_and_are_JSON_text_for_people()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(Call("1")).Enqueue("Fine.");
        Kernel kernel = WithFunction(client, (string text) => new { degrees = 21, sky = "sunny" });

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto());

        object? sent = client.Calls[1].Messages[^1].Contents.OfType<AI.FunctionResultContent>().Single().Result;
        Assert.Equal(System.Text.Json.JsonValueKind.Object, Assert.IsType<System.Text.Json.JsonElement>(sent).ValueKind);
        Assert.Equal("""{"degrees":21,"sky":"sunny"}""", answer.History[3].Content);
    }

    [Fact]
    public async Task A_model_that_calls_for_ever_is_stopped()
    {
        using ScriptedChatClient client = new();
        foreach (int number in Enumerable.Range(0, 129))
        {
            client.Enqueue(SmallKernel.Call(id: $"c{number}"));
        }

        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming: false, Auto());

        Assert.Equal(["get_weather"], answer.Calls);
        Assert.Equal(129, client.Calls.Count);
    }

    [Fact]
    public async Task Without_a_kernel_functions_are_not_invoked()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Hello.");
        Gemma4ChatCompletionService service = new(client);
        ChatHistory history = new() { new(AuthorRole.User, "Hi") };

        await Assert.ThrowsAsync<KernelException>(() => service.GetChatMessageContentAsync(history, Auto()));
        Assert.Equal("Hello.", (await service.GetChatMessageContentAsync(history)).Content);
    }

    [Fact]
    public async Task Cancellation_in_a_function_ends_the_request()
    {
        using CancellationTokenSource cancellation = new();
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(Call("1"));
        Kernel kernel = WithFunction(client, (string text, CancellationToken token) =>
        {
            cancellation.Cancel();
            token.ThrowIfCancellationRequested();
        });
        ChatHistory history = new() { new(AuthorRole.User, "Go") };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync(history, Auto(), kernel, cancellation.Token));
    }

    private static PromptExecutionSettings Auto(FunctionChoiceBehaviorOptions? options = null) => new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(options: options) };

    private static AI.FunctionCallContent Call(string text) => new("c" + text, "Test-run", new Dictionary<string, object?> { ["text"] = text });

    private static Kernel WithFunction(IChatClient client, Delegate function)
    {
        IKernelBuilder builder = Kernel.CreateBuilder().AddGemma4(client);
        builder.Plugins.AddFromFunctions("Test", [KernelFunctionFactory.CreateFromMethod(function, "run", "Runs.")]);
        return builder.Build();
    }

    private static Kernel TwoFunctions(IChatClient client)
    {
        Kernel kernel = SmallKernel.Over(client);
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(() => "12:00", "now", "Gets the time.")]);
        return kernel;
    }

    private static async Task<ChatOptions> OptionsOf(FunctionChoiceBehavior? behavior)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Hm.");
        await TwoFunctions(client).AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = behavior });
        return client.Calls[0].Options!;
    }
}
