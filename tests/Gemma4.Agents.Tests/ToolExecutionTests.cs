using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Agents.Execution;
using Gemma4.Agents.Runs;
using Gemma4.Agents.Tracing;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Agents.Tests;

public class ToolExecutionTests
{
    private static IChatClient Over(IChatClient model, Action<ToolExecutionOptions>? execution = null) =>
        model.AsBuilder().UseToolExecution(execution).UseFunctionInvocation().UseToolGuard().Build();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_of_one_answer_run_together_and_their_results_keep_the_order(bool streaming)
    {
        // Each call waits until all have begun: one after the other would never end.
        TaskCompletionSource all = new();
        int begun = 0;
        AIFunction tool = AIFunctionFactory.Create(
            async (int number) =>
            {
                if (Interlocked.Increment(ref begun) == 3)
                {
                    all.SetResult();
                }

                await all.Task.WaitAsync(TimeSpan.FromMinutes(5));
                return number;
            },
            "wait_for_all");
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCalls(("wait_for_all", [("number", 1)]), ("wait_for_all", [("number", 2)]), ("wait_for_all", [("number", 3)])).Enqueue("Done.");

        ChatResponse response = await Over(model).AskAsync(streaming, new ChatOptions { Tools = [tool] });

        Assert.Equal(["1", "2", "3"], response.All<FunctionResultContent>().Select(result => result.Result!.ToString()));
    }

    [Fact]
    public async Task No_more_calls_than_allowed_run_at_once()
    {
        int running = 0;
        int most = 0;
        AIFunction tool = AIFunctionFactory.Create(
            async (int number) =>
            {
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return number;
            },
            "count");
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCalls([.. Enumerable.Range(0, 20).Select(number => ("count", new[] { ("number", (object?)number) }))]).Enqueue("Done.");

        await Over(model, options => options.MaxConcurrency = 2).AskAsync(streaming: false, new ChatOptions { Tools = [tool] });

        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task A_tool_that_never_ends_is_stopped_and_the_model_told()
    {
        AIFunction tool = AIFunctionFactory.Create(() => new TaskCompletionSource<string>().Task, "hang");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("hang").Enqueue("It hung.");

        ChatResponse response = await Over(model, options => options.Policies["hang"] = new ToolPolicy { TimeLimit = TimeSpan.FromMilliseconds(20) })
            .AskAsync(streaming: false, new ChatOptions { Tools = [tool] });

        Assert.StartsWith("Error: 'hang' took longer than 0.02 seconds", response.All<FunctionResultContent>().Single().Result!.ToString(), StringComparison.Ordinal);
        Assert.Equal("It hung.", response.Text);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task Only_an_idempotent_tool_is_tried_again(bool idempotent, int attempts)
    {
        int tried = 0;
        AIFunction tool = AIFunctionFactory.Create(() => ++tried < 3 ? throw new IOException("The line broke.") : "fine", "flaky");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("flaky").Enqueue("Done.");

        await Over(model, options => options.Default = new ToolPolicy { IsIdempotent = idempotent, RetryDelay = TimeSpan.Zero })
            .AskAsync(streaming: false, new ChatOptions { Tools = [tool] });

        Assert.Equal(attempts, tried);
    }

    [Fact]
    public async Task Cancelling_the_request_cancels_the_tool()
    {
        using CancellationTokenSource source = new();
        AIFunction tool = AIFunctionFactory.Create(
            async (CancellationToken token) =>
            {
                await source.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            },
            "wait");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("wait");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Over(model).GetResponseAsync("Go on.", new ChatOptions { Tools = [tool] }, source.Token));
    }

    [Fact]
    public async Task A_long_result_is_cut_and_the_rest_can_be_fetched()
    {
        string whole = string.Concat(Enumerable.Range(0, 2000).Select(number => FormattableString.Invariant($"line {number}\n")));
        AIFunction tool = AIFunctionFactory.Create(() => whole, "read_log");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("read_log").EnqueueCall("read_more_result", ("handle", "r1"), ("offset", "300")).Enqueue("Done.");

        ChatResponse response = await Over(model, options => options.Default = new ToolPolicy { ResultTokens = 100 }).AskAsync(streaming: false, new ChatOptions { Tools = [tool] });

        string[] results = [.. response.All<FunctionResultContent>().Select(result => result.Result!.ToString()!)];
        Assert.InRange(results[0].Length, 300, 400);
        Assert.StartsWith("line 0\n", results[0], StringComparison.Ordinal);
        Assert.EndsWith("line 1999\n", results[0], StringComparison.Ordinal);
        Assert.Contains("read_more_result(\"r1\", ", results[0], StringComparison.Ordinal);
        Assert.StartsWith(whole[300..320], results[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, 100, true)]
    [InlineData(100, null, true)]
    public async Task More_is_offered_where_any_policy_cuts(int? standard, int? own, bool isOffered)
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("Done.");

        await Over(model, options =>
        {
            options.Default = new ToolPolicy { ResultTokens = standard };
            options.Policies["get_weather"] = new ToolPolicy { ResultTokens = own };
        }).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather()] });

        Assert.Equal(isOffered, model.Calls[0].Options!.Tools!.Any(tool => tool.Name == "read_more_result"));
    }

    [Fact]
    public void A_cut_never_exceeds_its_tokens_and_JSON_stays_JSON()
    {
        Random random = new(7);
        static int Count(string text) => (text.Length + 3) / 4;
        for (int i = 0; i < 500; i++)
        {
            JsonNode node = RandomNode(random, 0);
            string json = node.ToJsonString();
            int limit = random.Next(16, 200);

            string cut = ResultShaper.Cut(json, limit, Count, "r1");
            string text = ResultShaper.Cut(new string('x', random.Next(5000)) + "\U0001F600", Math.Max(limit, 32), Count, "r1");

            Assert.True(Count(cut) <= limit);
            Assert.True(Count(text) <= Math.Max(limit, 32));
            if (json[0] is '{' or '[')
            {
                using JsonDocument parsed = JsonDocument.Parse(cut);
            }
        }
    }

    [Fact]
    public async Task The_bytes_of_results_are_limited()
    {
        using AgentRun run = AgentRun.Start(new AgentLimits { ResultBytes = 30 });
        AIFunction tool = AIFunctionFactory.Create((int number) => new string('x', 20), "fill");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("fill", ("number", 1)).EnqueueCall("fill", ("number", 2)).Enqueue("Done.");

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [tool] });

        Assert.Contains("all 30 bytes", response.All<FunctionResultContent>().Last().Result!.ToString(), StringComparison.Ordinal);
        Assert.Equal(20, run.ResultBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_recorded_run_is_repeated_from_its_file(bool streaming)
    {
        AgentTrace trace = new();
        using (AgentRun.Start(trace: trace))
        {
            using ScriptedChatClient model = new ScriptedChatClient()
                .EnqueueCall("no_such_tool").EnqueueCall("get_weather", ("city", "Paris"), ("days", "2")).Enqueue("Sunny.");
            await Over(model).AskAsync(streaming, new ChatOptions { Tools = [Agent.Weather()] });
        }

        AgentTrace read = AgentTrace.Parse(trace.ToJsonLines());
        AgentTrace again = new();
        using (AgentRun.Start(trace: again))
        {
            using ScriptedChatClient model = new ScriptedChatClient().EnqueueAll(read.ModelAnswers);
            ChatResponse response = await Over(model).AskAsync(streaming, new ChatOptions { Tools = [Agent.Weather()] });
            Assert.Equal("Sunny.", response.Text);
            Assert.Equal(0, model.RemainingCount);
        }

        Assert.Equal([StepKind.Refused, StepKind.Answer, StepKind.Call, StepKind.Answer, StepKind.Result, StepKind.Answer], trace.Steps.Select(step => step.Kind));
        Assert.Equal(trace.Steps.Select(Essence), again.Steps.Select(Essence));
        Assert.Equal("Paris: 2 sunny days", trace.Steps[4].Text);

        static (StepKind, string?, string?, string?, string?) Essence(AgentStep step) => (step.Kind, step.Tool, step.CallId, step.Arguments?.GetRawText(), step.Text);
    }

    private static JsonNode RandomNode(Random random, int depth) => random.Next(depth > 3 ? 2 : 4) switch
    {
        0 => JsonValue.Create(random.Next()),
        1 => JsonValue.Create(new string((char)('a' + random.Next(26)), random.Next(400))),
        2 => new JsonArray([.. Enumerable.Range(0, random.Next(12)).Select(_ => (JsonNode?)RandomNode(random, depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(8)).Select(number => KeyValuePair.Create($"member{number}", (JsonNode?)RandomNode(random, depth + 1)))),
    };

    private static void InterlockedMax(ref int target, int value)
    {
        int current = Volatile.Read(ref target);
        while (value > current && Interlocked.CompareExchange(ref target, value, current) is var seen && seen != current)
        {
            current = seen;
        }
    }
}
