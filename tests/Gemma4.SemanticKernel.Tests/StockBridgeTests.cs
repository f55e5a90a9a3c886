using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>
/// What the kernel's own bridge (AsChatCompletionService, with UseKernelFunctionInvocation) loses and our service keeps:
/// one row of the README's table per entry, each checked on both, so that the table stays true.
/// </summary>
public class StockBridgeTests
{
    private sealed record Row(string What, Func<Func<IChatClient, IChatCompletionService>, Task<bool>> IsKept);

    private static readonly Row[] Rows =
    [
        new("reasoning of the answer", async bridge => (await AskAsync(bridge)).Items.Any(item => item is ReasoningContent { Text: "Paris is in France." })),
        new("reasoning in a stream", async bridge => (await StreamAsync(bridge)).SelectMany(chunk => chunk.Items).Any(item => item is StreamingReasoningContent)),
        new("reasoning in the history", async bridge =>
        {
            using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Yes.");
            ChatHistory history = new() { new(AuthorRole.User, "Hi"), new(AuthorRole.Assistant, [new ReasoningContent("I am polite.")]), new(AuthorRole.User, "Why?") };
            await bridge(client).GetChatMessageContentAsync(history);
            return client.Calls[0].Messages.SelectMany(message => message.Contents).Any(content => content is TextReasoningContent);
        }),
        new("finish reason", async bridge => (await AskAsync(bridge)).Metadata!.Values.Contains("stop")),
        new("finish reason in a stream", async bridge => (await StreamAsync(bridge))[^1].Metadata?.Values.Contains("stop") == true),
        new("usage in a stream", async bridge => (await StreamAsync(bridge)).Any(chunk => chunk.Metadata?.Values.Any(value => value is UsageDetails { TotalTokenCount: 3 }) == true)),
        new("response id", async bridge => (await AskAsync(bridge)).Metadata!.Values.Contains("scripted-1")),
        new("every text of an update", async bridge =>
        {
            using ChunkyClient client = new(new AI.TextContent("One, "), new AI.TextContent("two."));
            return string.Concat(await bridge(client).GetStreamingChatMessageContentsAsync(Question()).Select(chunk => chunk.Content).ToListAsync()) == "One, two.";
        }),
        new("function result once, not also as text", async bridge =>
        {
            using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Sunny.");
            ChatHistory history = Question();
            history.Add(new(AuthorRole.Assistant, [new Microsoft.SemanticKernel.FunctionCallContent("get_weather", "Weather", "c1")]));
            history.Add(new(AuthorRole.Tool, "21 degrees") { Items = { new Microsoft.SemanticKernel.FunctionResultContent("get_weather", "Weather", "c1", "21 degrees") } });
            await bridge(client).GetChatMessageContentAsync(history);
            return client.Calls[0].Messages[^1].Contents.Count == 1;
        }),
        new("plugin of a returned call", async bridge =>
            (await CallAsync(bridge)).Items.OfType<Microsoft.SemanticKernel.FunctionCallContent>().Single() is { PluginName: "Weather", FunctionName: "get_weather" }),
        new("plugin of a call in the history", async bridge =>
        {
            using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Sunny.");
            ChatHistory history = Question();
            history.Add(new(AuthorRole.Assistant, [new Microsoft.SemanticKernel.FunctionCallContent("get_weather", "Weather", "c1")]));
            await bridge(client).GetChatMessageContentAsync(history);
            return client.Calls[0].Messages[^1].Contents.OfType<AI.FunctionCallContent>().Single().Name.Contains("Weather", StringComparison.Ordinal);
        }),
        new("error of a call that cannot be read", async bridge =>
            (await CallAsync(bridge, new FormatException("bracket missing"))).Items.OfType<Microsoft.SemanticKernel.FunctionCallContent>().Single().Exception is not null),
        new("Required with one function names that function", async bridge =>
            (await OptionsAsync(bridge, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required(autoInvoke: false) })).ToolMode is RequiredChatToolMode { RequiredFunctionName: not null }),
        new("unknown settings of a generic kind are refused", async bridge =>
        {
            try
            {
                await OptionsAsync(bridge, new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["mirostat"] = 2 } });
                return false;
            }
            catch (NotSupportedException)
            {
                return true;
            }
        }),
        new("reasoning_effort none", async bridge =>
            (await OptionsAsync(bridge, new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["reasoning_effort"] = "none" } })).Reasoning?.Effort == ReasoningEffort.None),
        new("settings of the caller in filters", async bridge =>
        {
            Gemma4PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
            return ReferenceEquals((await FilteredAsync(bridge, settings)).ExecutionSettings, settings);
        }),
        new("cancellation token in filters", async bridge =>
            (await FilteredAsync(bridge, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() })).CancellationToken.CanBeCanceled),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.What)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Our_service_keeps_what_the_stock_bridge_loses(string what)
    {
        Row row = Rows.Single(candidate => candidate.What == what);

        Assert.True(await row.IsKept(client => new Gemma4ChatCompletionService(client)), "ours loses it");
        Assert.False(await row.IsKept(client => client.AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService()), "the stock bridge keeps it now: take the row out");
    }

    private static ChatHistory Question() => new() { new(AuthorRole.User, "What is the capital of France?") };

    private static ScriptedChatClient Thinking() => new ScriptedChatClient().Enqueue(
        new TextReasoningContent("Paris is in France."),
        new AI.TextContent("Paris"),
        new UsageContent(new UsageDetails { InputTokenCount = 1, OutputTokenCount = 2, TotalTokenCount = 3 }));

    private static async Task<ChatMessageContent> AskAsync(Func<IChatClient, IChatCompletionService> bridge)
    {
        using ScriptedChatClient client = Thinking();
        return await bridge(client).GetChatMessageContentAsync(Question());
    }

    private static async Task<List<StreamingChatMessageContent>> StreamAsync(Func<IChatClient, IChatCompletionService> bridge)
    {
        using ScriptedChatClient client = Thinking();
        return await bridge(client).GetStreamingChatMessageContentsAsync(Question()).ToListAsync();
    }

    private static Kernel WeatherKernel()
    {
        Kernel kernel = new();
        kernel.Plugins.AddFromObject(new SmallKernel.WeatherPlugin(), "Weather");
        return kernel;
    }

    // The bridges give the model different names, so the scripted call takes the name that was declared to it.
    private static async Task<ChatMessageContent> CallAsync(Func<IChatClient, IChatCompletionService> bridge, Exception? error = null)
    {
        using CallingClient client = new(error);
        return await bridge(client).GetChatMessageContentAsync(Question(), new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) }, WeatherKernel());
    }

    private static async Task<ChatOptions> OptionsAsync(Func<IChatClient, IChatCompletionService> bridge, PromptExecutionSettings settings)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Yes.");
        await bridge(client).GetChatMessageContentAsync(Question(), settings, WeatherKernel());
        return client.Calls[0].Options!;
    }

    private static async Task<AutoFunctionInvocationContext> FilteredAsync(Func<IChatClient, IChatCompletionService> bridge, PromptExecutionSettings settings)
    {
        using CallingClient client = new(error: null);
        using CancellationTokenSource cancellation = new();
        CountingFilter filter = new();
        Kernel kernel = WeatherKernel();
        kernel.AutoFunctionInvocationFilters.Add(filter);
        await bridge(client).GetChatMessageContentAsync(Question(), settings, kernel, cancellation.Token);
        return filter.Contexts.Single();
    }

    /// <summary>Calls the first declared function, then answers.</summary>
    private sealed class CallingClient(Exception? error) : IChatClient
    {
        private int _requests;

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(_requests++ > 0
                ? new ChatMessage(ChatRole.Assistant, "Sunny.")
                : new ChatMessage(ChatRole.Assistant, [new AI.FunctionCallContent("c1", options!.Tools![0].Name, new Dictionary<string, object?> { ["city"] = "Paris" }) { Exception = error }])));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Not streamed in these tests.");

        public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

        public void Dispose()
        {
        }
    }

    /// <summary>Streams several contents in one update.</summary>
    private sealed class ChunkyClient(params AIContent[] contents) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Only streamed in these tests.");

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            new[] { new ChatResponseUpdate(ChatRole.Assistant, [.. contents]) }.ToAsyncEnumerable();

        public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

        public void Dispose()
        {
        }
    }
}
