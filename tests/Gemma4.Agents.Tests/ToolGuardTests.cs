using Gemma4.Agents.Guard;
using Gemma4.Agents.Runs;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Agents.Tests;

public class ToolGuardTests
{
    private static IChatClient Over(IChatClient model, Action<ToolGuardOptions>? guard = null) =>
        model.AsBuilder().UseFunctionInvocation().UseToolGuard(guard).Build();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_misspelt_tool_that_only_one_can_mean_runs_at_once(bool streaming)
    {
        List<string> deleted = [];
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("delte_file", ("path", "a.txt")).Enqueue("Done.");

        ChatResponse response = await Over(model).AskAsync(streaming, new ChatOptions { Tools = [Agent.Delete(deleted.Add)] });

        Assert.Equal(["a.txt"], deleted);
        Assert.Equal("Done.", response.Text);
        Assert.Equal(2, model.Calls.Count);
    }

    [Theory]
    [InlineData("get_wea", false)]
    [InlineData("weather_please", false)]
    [InlineData("weather_please", true)]
    public async Task A_tool_that_cannot_be_told_costs_one_retry(string name, bool streaming)
    {
        List<string> cities = [];
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCall(name, ("city", "Paris")).EnqueueCall("get_weather", ("city", "Paris")).Enqueue("Sunny.");

        ChatResponse response = await Over(model).AskAsync(streaming, new ChatOptions { Tools = [Agent.Weather(cities.Add), Agent.Delete()] });

        Assert.Equal(["Paris"], cities);
        Assert.Equal("Sunny.", response.Text);
        Assert.Equal(3, model.Calls.Count);
        string told = (string)model.Calls[1].Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result!;
        Assert.Contains($"There is no tool '{name}'", told, StringComparison.Ordinal);
        Assert.Contains("get_weather, delete_file", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_arguments_are_answered_with_the_path_and_what_is_expected()
    {
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCall("get_weather", ("days", "soon")).EnqueueCall("get_weather", ("city", "Paris"), ("days", "3")).Enqueue("Sunny.");

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather()] });

        FunctionResultContent[] results = [.. response.All<FunctionResultContent>()];
        Assert.Contains("- city: is required and missing (string: The city name)", (string)results[0].Result!, StringComparison.Ordinal);
        Assert.Contains("- days: \"soon\" is no integer", (string)results[0].Result!, StringComparison.Ordinal);
        Assert.Equal("Paris: 3 sunny days", results[1].Result!.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repeat_loop_stops_at_three(bool streaming)
    {
        List<string> cities = [];
        int number = 0;
        using ScriptedChatClient model = new ScriptedChatClient().Otherwise(asked => asked.Options!.ToolMode is NoneChatToolMode
            ? [new TextContent("It is sunny; I could not find out more.")]
            : [new FunctionCallContent($"call_{number++}", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]);

        ChatResponse response = await Over(model).AskAsync(streaming, new ChatOptions { Tools = [Agent.Weather(cities.Add)] });

        Assert.Equal(3, cities.Count);
        Assert.Equal(4, model.Calls.Count);
        Assert.Equal("It is sunny; I could not find out more.", response.Text);
        Assert.Contains("the same call gave the same result 3 times", model.Calls[3].Messages[^1].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("the same call gave the same result 3 times", ToolGuardChatClient.StopReasonOf(response));
    }

    [Fact]
    public async Task A_cycle_of_two_calls_stops_at_three_turns()
    {
        int number = 0;
        using ScriptedChatClient model = new ScriptedChatClient().Otherwise(asked => asked.Options!.ToolMode is NoneChatToolMode
            ? [new TextContent("Enough.")]
            : [new FunctionCallContent($"call_{number}", "get_weather", new Dictionary<string, object?> { ["city"] = number++ % 2 == 0 ? "Paris" : "Rome" })]);

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather()] });

        Assert.Equal("Enough.", response.Text);
        Assert.Equal(6, response.All<FunctionResultContent>().Count());
    }

    [Fact]
    public async Task A_model_that_calls_although_the_tools_are_closed_still_gives_an_answer()
    {
        int number = 0;
        using ScriptedChatClient model = new ScriptedChatClient().Otherwise(_ =>
            [new FunctionCallContent($"call_{number++}", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]);

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather()] });

        Assert.Equal("I stopped: the same call gave the same result 3 times.", response.Text);
        Assert.Equal(4, model.Calls.Count);
    }

    [Fact]
    public async Task A_misspelt_tool_again_and_again_ends_after_three_answers()
    {
        int number = 0;
        using ScriptedChatClient model = new ScriptedChatClient().Otherwise(_ => [new FunctionCallContent($"call_{number++}", "weather_please", null)]);

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather()] });

        Assert.Equal(4, model.Calls.Count);
        Assert.StartsWith("I stopped:", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_mixed_batch_the_right_call_runs_and_the_wrong_one_is_answered()
    {
        List<string> cities = [];
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCalls(("get_weather", [("city", "Paris")]), ("get_weather", [("days", 2)])).Enqueue("Sunny.");

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather(cities.Add)] });

        Assert.Equal(["Paris"], cities);
        Assert.Equal(2, response.All<FunctionResultContent>().Count());
        Assert.Equal("Sunny.", response.Text);
        Assert.Equal(2, model.Calls.Count);
    }

    [Theory]
    [InlineData("""{"name":"get_weather","arguments":{"city":"Paris"}}""")]
    [InlineData("```json\n{'name': 'get_weather', 'arguments': {'city': 'Paris'}}\n```")]
    public async Task A_call_written_as_text_is_a_call(string text)
    {
        List<string> cities = [];
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue(text).Enqueue("Sunny.");

        ChatResponse response = await Over(model).AskAsync(streaming: true, new ChatOptions { Tools = [Agent.Weather(cities.Add)] });

        Assert.Equal(["Paris"], cities);
        Assert.Equal("Sunny.", response.Text);
    }

    [Fact]
    public async Task An_answer_that_is_JSON_but_no_call_stays_text()
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("""{"city":"Paris"}""");

        ChatResponse response = await Over(model).AskAsync(streaming: true, new ChatOptions { Tools = [Agent.Weather()] });

        Assert.Equal("""{"city":"Paris"}""", response.Text);
    }

    [Fact]
    public async Task The_calls_of_a_run_are_limited_and_what_is_left_is_answered()
    {
        using AgentRun run = AgentRun.Start(new AgentLimits { Calls = 2 });
        List<string> cities = [];
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCalls(("get_weather", [("city", "A")]), ("get_weather", [("city", "B")]), ("get_weather", [("city", "C")])).Enqueue("Two are known.");

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [Agent.Weather(cities.Add)] });

        Assert.Equal(["A", "B"], cities);
        Assert.Equal("Two are known.", response.Text);
        Assert.Equal(2, run.Calls);
        Assert.Contains("all 2 tool calls are used", (string)response.All<FunctionResultContent>().First(result => result.CallId == "call_3").Result!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_agent_spends_the_limits_of_its_parent()
    {
        using AgentRun run = AgentRun.Start(new AgentLimits { Calls = 3 });
        List<string> cities = [];
        int number = 0;
        using ScriptedChatClient childModel = new ScriptedChatClient().Otherwise(asked => asked.Options!.ToolMode is NoneChatToolMode
            ? [new TextContent("Child stops.")]
            : [new FunctionCallContent($"child_{number}", "get_weather", new Dictionary<string, object?> { ["city"] = $"City {number++}" })]);
        IChatClient child = Over(childModel);
        AIFunction ask = AIFunctionFactory.Create(
            async () => (await child.GetResponseAsync("Weather?", new ChatOptions { Tools = [Agent.Weather(cities.Add)] })).Text, "ask_child");
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall("ask_child").Enqueue("Done.");

        ChatResponse response = await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [ask] });

        Assert.Equal(2, cities.Count);
        Assert.Equal(3, run.Calls);
        Assert.Equal("Done.", response.Text);
    }

    [Fact]
    public void A_limit_is_exact_under_concurrency()
    {
        using AgentRun run = new(new AgentLimits { Calls = 1000, CallsByTool = new Dictionary<string, int> { ["rare"] = 7 } });
        int allowed = 0;
        int rare = 0;
        Parallel.For(0, 5000, number =>
        {
            string tool = number % 3 == 0 ? "rare" : "often";
            if (run.TryTakeCall(tool) is null)
            {
                Interlocked.Increment(ref allowed);
                if (tool == "rare")
                {
                    Interlocked.Increment(ref rare);
                }
            }
        });

        Assert.Equal(1000, allowed);
        Assert.Equal(7, rare);
        Assert.Equal(1000, run.Calls);
    }

    [Theory]
    [InlineData("delete_fil", "delete_file")] // As near as sin and sinh: the model is asked instead.
    [InlineData("get_user", "set_user")]
    [InlineData("math.min", "math.max")]
    [InlineData("minimum_of", "maximum_of")]
    [InlineData("lock_door", "unlock_door")]
    [InlineData("import_data", "export_data")]
    [InlineData("log1", "log2")]
    [InlineData("increase", "decrease")]
    [InlineData("typical_value", "atypical_value")]
    public async Task Near_words_are_never_taken_for_typing_errors(string called, string declared)
    {
        bool ran = false;
        using ScriptedChatClient model = new ScriptedChatClient().EnqueueCall(called).Enqueue("No.");

        await Over(model).AskAsync(streaming: false, new ChatOptions { Tools = [AIFunctionFactory.Create(() => ran = true, declared)] });

        Assert.False(ran);
    }

    [Fact]
    public void A_guard_outside_of_the_tool_loop_is_refused()
    {
        using ScriptedChatClient model = new();

        Assert.Contains("after UseFunctionInvocation", Assert.Throws<InvalidOperationException>(
            () => model.AsBuilder().UseToolGuard().UseFunctionInvocation().Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_refused_when_the_pipeline_is_built()
    {
        using ScriptedChatClient model = new();

        Assert.Contains("RepeatLimit is 1", Assert.Throws<ArgumentException>(() => model.AsBuilder().UseToolGuard(o => o.RepeatLimit = 1).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("Rounds is 0", Assert.Throws<ArgumentException>(() => model.AsBuilder().UseToolGuard(o => o.Limits = new AgentLimits { Rounds = 0 }).Build()).Message, StringComparison.Ordinal);
    }
}
