using System.Runtime.CompilerServices;
using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma4.Safety.Tests.Pipeline;

public sealed class BudgetTests
{
    private const string Refused = "This request was stopped by the safety policy.";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_that_are_too_long_together_are_refused_before_anything_reads_them(bool isStreamed)
    {
        var model = new ScriptedChatClient();
        var detector = new ReadingDetector();
        var client = Pipe.Around(model, options =>
        {
            options.AddDetector(detector);
            options.Policies["default"] = new SafetyPolicy { Budget = new() { MaxInputCharacters = 20 }, Rules = [new() { Detector = "reading" }] };
        });

        var response = await Pipe.AskAsync(client, [new(ChatRole.User, "ten chars."), new(ChatRole.User, "ten chars.!")], isStreamed);

        Assert.Equal("budget/input-characters", Rule(response));
        Assert.Equal(ChatFinishReason.ContentFilter, response.FinishReason);
        Assert.Empty(model.Calls);
        Assert.Equal(0, detector.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tokens_are_counted_with_the_given_counter_over_history_instructions_and_tools(bool isStreamed)
    {
        var client = Budgeted(new ScriptedChatClient().Otherwise(_ => [new TextContent("Fine.")]), new() { MaxInputTokens = 11 });
        var tool = AIFunctionFactory.Create((string a) => a, "echo", "Says it again");
        ChatMessage[] six = [new(ChatRole.User, "one two three"), new(ChatRole.Assistant, [new FunctionCallContent("1", "x", new Dictionary<string, object?> { ["a"] = "four" })]), new(ChatRole.Tool, [new FunctionResultContent("1", "five six")])];

        Assert.Equal("Fine.", (await Pipe.AskAsync(client, six, isStreamed)).Text);
        Assert.Equal("Fine.", (await Pipe.AskAsync(client, six, isStreamed, new ChatOptions { Instructions = "seven eight" })).Text);
        Assert.Equal("budget/input-tokens", Rule(await Pipe.AskAsync(client, six, isStreamed, new ChatOptions { Instructions = "7 8 9 10 11 12 13" })));
        Assert.Equal("budget/input-tokens", Rule(await Pipe.AskAsync(client, six, isStreamed, new ChatOptions { Tools = [tool] })));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_ends_before_the_word_that_goes_over(bool isStreamed)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var model = new ScriptedChatClient().Enqueue([new TextReasoningContent("I think "), .. Pipe.Cut("one two three four five six", seed, 7)]);
            var client = Budgeted(model, new() { MaxOutputTokens = 5 });

            var response = await Pipe.AskAsync(client, "Count.", isStreamed);

            Assert.Equal($"one two three\n\n{Refused}", response.Text);
            Assert.Equal("budget/output-tokens", Rule(response));
            Assert.Equal(6, model.Calls[0].Options!.MaxOutputTokens);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_within_the_budget_is_whole(bool isStreamed)
    {
        var client = Budgeted(new ScriptedChatClient().Enqueue(Pipe.Cut("one two  three", 1, 4)), new() { MaxOutputTokens = 3, MaxOutputCharacters = 14, MaxDuration = TimeSpan.FromHours(1) });

        var response = await Pipe.AskAsync(client, "Count.", isStreamed, new ChatOptions { MaxOutputTokens = 2 });

        Assert.Equal("one two  three", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_goes_over_is_not_shown(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "send", new Dictionary<string, object?> { ["text"] = "a very long text" }));
        var client = Budgeted(model, new() { MaxOutputCharacters = 15 });

        var response = await Pipe.AskAsync(client, "Send.", isStreamed);

        Assert.Equal("budget/output-characters", Rule(response));
        Assert.DoesNotContain("long text", Pipe.Everything(response));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_result_that_goes_over_is_withheld_from_the_model(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "read", new Dictionary<string, object?>())).Enqueue("Too long.");
        var client = model.AsBuilder().UseSafety(Options(new() { MaxInputCharacters = 400 })).UseFunctionInvocation().Build();

        var response = await Pipe.AskAsync(client, "Read.", isStreamed, new ChatOptions { Tools = [AIFunctionFactory.Create(() => new string('x', 500), "read")] });

        Assert.Equal("[withheld by the safety policy: budget/input-characters]", model.Calls[1].Messages[^1].Contents.OfType<FunctionResultContent>().Single().Result!.ToString());
        Assert.Equal("Too long.", response.Messages[^1].Text);
        Assert.DoesNotContain("xxx", Pipe.Everything(response));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_request_ends_when_its_time_is_up(bool isStreamed, bool heedsToken)
    {
        var clock = new ManualClock();
        var audit = new ListAudit();
        using var services = new ServiceCollection().AddSingleton<TimeProvider>(clock).AddSingleton<ISafetyAudit>(audit).BuildServiceProvider();
        var client = new SlowClient(clock, heedsToken).AsBuilder().UseSafety(Options(new() { MaxDuration = TimeSpan.FromSeconds(10) })).Build(services);

        var response = await Pipe.AskAsync(client, "Think.", isStreamed);

        Assert.Equal((isStreamed ? "First.\n\n" : "") + Refused, response.Text);
        Assert.Equal("budget/time", Rule(response));
        Assert.Equal("budget/time", Assert.Single(audit.Events, entry => entry.Category == RiskCategory.Budget).Rule);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_time_of_filters_counts_too(bool isStreamed)
    {
        var clock = new ManualClock();
        using var services = new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider();
        var model = new ScriptedChatClient();
        var client = model.AsBuilder().UseSafety(options =>
        {
            options.AddFilter(new SlowFilter(clock));
            options.FilterTimeout = TimeSpan.FromMinutes(5);
            options.Policies["default"] = new SafetyPolicy { Budget = new() { MaxDuration = TimeSpan.FromSeconds(10) }, Rules = [new() { Detector = "slow", Action = SafetyAction.Refuse }] };
        }).Build(services);

        Assert.Equal("budget/time", Rule(await Pipe.AskAsync(client, "Think.", isStreamed)));
        Assert.Empty(model.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_callers_cancellation_stays_one(bool isStreamed)
    {
        using var source = new CancellationTokenSource();
        var client = Budgeted(new CancellingClient(source), new() { MaxDuration = TimeSpan.FromHours(1) });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => _ = isStreamed
            ? await client.GetStreamingResponseAsync("Go.", cancellationToken: source.Token).ToChatResponseAsync()
            : await client.GetResponseAsync("Go.", cancellationToken: source.Token));
    }

    [Fact]
    public async Task Another_policy_keeps_a_locked_budget_and_may_be_stricter()
    {
        var client = Pipe.Around(new ScriptedChatClient().Otherwise(_ => [new TextContent("Fine.")]), options =>
        {
            options.Policies["default"] = new SafetyPolicy { Budget = new() { MaxInputCharacters = 10, Locked = true } };
            options.Policies["open"] = new SafetyPolicy { Budget = new() { MaxInputCharacters = 1000 } };
            options.Policies["strict"] = new SafetyPolicy { Budget = new() { MaxInputCharacters = 3 } };
        });

        Assert.Equal("budget/input-characters", Rule(await client.GetResponseAsync("eleven char", new ChatOptions().WithSafety("open"))));
        Assert.Equal("budget/input-characters", Rule(await client.GetResponseAsync("four", new ChatOptions().WithSafety("strict"))));
        Assert.Equal("Fine.", (await client.GetResponseAsync("four", new ChatOptions().WithSafety("open"))).Text);
    }

    [Fact]
    public async Task A_passed_limit_is_an_exception_where_the_options_say_so()
    {
        var client = Pipe.Around(new ScriptedChatClient(), options =>
        {
            options.Refusals = RefusalMode.Exception;
            options.Policies["default"] = new SafetyPolicy { Budget = new() { MaxInputTokens = 1 } };
        });

        var refusal = await Assert.ThrowsAsync<SafetyRefusalException>(() => client.GetResponseAsync("More than four bytes."));

        Assert.Equal(("budget/input-tokens", SafetyStage.Input, RiskCategory.Budget), (refusal.Rule, refusal.Stage, refusal.Category));
    }

    [Fact]
    public void Limits_out_of_range_are_refused()
    {
        var problem = Assert.Throws<OptionsValidationException>(() => Budgeted(new ScriptedChatClient(), new() { MaxInputTokens = 0, MaxOutputCharacters = -1, MaxDuration = TimeSpan.Zero }));

        Assert.Equal(3, problem.Failures.Count());
        Assert.Contains("Safety:Policies:default:Budget:MaxInputTokens", problem.Message);
    }

    private static IChatClient Budgeted(IChatClient inner, RequestBudget budget) => Pipe.Around(inner, Options(budget));

    private static Action<SafetyOptions> Options(RequestBudget budget) => options =>
    {
        options.CountTokens = text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        options.Policies["default"] = new SafetyPolicy { Budget = budget };
    };

    private static object? Rule(ChatResponse response) => (response.AdditionalProperties ?? response.Messages[^1].AdditionalProperties)?["safety.rule"];

    private sealed class ReadingDetector : ITextDetector
    {
        public int Count { get; private set; }

        public string Id => "reading";

        public int? HoldBack => 0;

        public void Detect(TextView text, ICollection<Finding> found) => Count++;
    }

    private sealed class SlowFilter(ManualClock clock) : ISafetyFilter
    {
        public string Id => "slow";

        public async ValueTask<IReadOnlyList<Finding>> CheckAsync(string text, SafetyStage stage, CancellationToken cancellationToken)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return [];
        }
    }

    private sealed class ListAudit : ISafetyAudit
    {
        public List<SafetyEvent> Events { get; } = [];

        public void Record(SafetyEvent occurrence) => Events.Add(occurrence);
    }

    private sealed class SlowClient(ManualClock clock, bool heedsToken) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "First.");
            await Task.Yield();
            clock.Advance(TimeSpan.FromSeconds(11));
            if (heedsToken)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            yield return new ChatResponseUpdate(ChatRole.Assistant, " Second.");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class CancellingClient(CancellationTokenSource source) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await source.CancelAsync();
            throw new OperationCanceledException(cancellationToken);
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await source.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            yield break;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
