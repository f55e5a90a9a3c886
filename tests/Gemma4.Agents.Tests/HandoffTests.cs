using Gemma4.Agents.Handoffs;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Agents.Tests;

public class HandoffTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_hands_over_keeps_its_tools_and_leaves_no_call_open(bool streaming)
    {
        List<string> cities = [];
        using ScriptedChatClient front = new ScriptedChatClient().EnqueueCalls(("transfer_to_weather", []), ("look_up", []));
        using ScriptedChatClient weather = new ScriptedChatClient().EnqueueCall("get_weather", ("city", "Paris")).Enqueue("Sunny.");
        using HandoffChatClient client = new(
        [
            new HandoffAgent("front", "Takes every question first.", front) { Tools = [AIFunctionFactory.Create(() => "nothing", "look_up")] },
            new HandoffAgent("weather", "Knows the weather.", weather) { Instructions = "You forecast.", Tools = [Agent.Weather(cities.Add)] },
        ]);

        ChatResponse response = await client.AskAsync(streaming, new ChatOptions { AllowMultipleToolCalls = false });

        Assert.Equal(["Paris"], cities);
        Assert.EndsWith("Sunny.", response.Text, StringComparison.Ordinal);
        Assert.Equal(["look_up", "transfer_to_weather"], front.Calls[0].Options!.Tools!.Select(tool => tool.Name).Order());
        Assert.Equal(["get_weather", "transfer_to_front"], weather.Calls[0].Options!.Tools!.Select(tool => tool.Name).Order());
        Assert.Equal("You forecast.", weather.Calls[0].Options!.Instructions);
        Assert.False(weather.Calls[0].Options!.AllowMultipleToolCalls);
        ChatMessage[] seen = [.. weather.Calls[0].Messages];
        Assert.Equal(
            seen.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(call => call.CallId).Order(),
            seen.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.CallId).Order());
    }

    [Fact]
    public async Task The_next_question_goes_to_the_agent_that_has_the_conversation()
    {
        using ScriptedChatClient front = new ScriptedChatClient().EnqueueCall("transfer_to_weather");
        using ScriptedChatClient weather = new ScriptedChatClient().Enqueue("Where?").Enqueue("Sunny.");
        using HandoffChatClient client = new([new HandoffAgent("front", "First.", front), new HandoffAgent("weather", "Weather.", weather)]);
        List<ChatMessage> history = [new(ChatRole.User, "Weather?")];
        history.AddMessages(await client.GetResponseAsync(history));
        history.Add(new ChatMessage(ChatRole.User, "In Paris."));

        ChatResponse response = await client.GetResponseAsync(history);

        Assert.Equal("Sunny.", response.Text);
        Assert.Single(front.Calls);
    }

    [Fact]
    public async Task Agents_that_hand_over_for_ever_come_to_an_end()
    {
        int number = 0;
        AIContent[] Transfer(ScriptedChatCall asked, string to) => asked.Options!.Tools?.Any(tool => tool.Name == "transfer_to_" + to) == true
            ? [new FunctionCallContent($"call_{number++}", "transfer_to_" + to, null)]
            : [new TextContent("I must answer.")];
        using ScriptedChatClient one = new ScriptedChatClient().Otherwise(asked => Transfer(asked, "two"));
        using ScriptedChatClient two = new ScriptedChatClient().Otherwise(asked => Transfer(asked, "one"));
        using HandoffChatClient client = new([new HandoffAgent("one", "One.", one), new HandoffAgent("two", "Two.", two)], maxHandoffs: 3);

        ChatResponse response = await client.GetResponseAsync("Go on.");

        Assert.EndsWith("I must answer.", response.Text, StringComparison.Ordinal);
        Assert.Equal(4, one.Calls.Count + two.Calls.Count);
    }

    [Fact]
    public void Agents_that_cannot_be_told_apart_are_refused()
    {
        using ScriptedChatClient model = new();

        Assert.Throws<ArgumentException>(() => new HandoffChatClient([new HandoffAgent("a", "", model), new HandoffAgent("a", "", model)]));
        Assert.Throws<ArgumentException>(() => new HandoffChatClient([new HandoffAgent("a b", "", model)]));
        Assert.Throws<ArgumentException>(() => new HandoffChatClient([new HandoffAgent("a", "", model) { Targets = ["b"] }]));
    }

    [Theory]
    [InlineData("large", "large")]
    [InlineData("**Large**.", "large")]
    [InlineData("I do not know", "small")]
    public async Task A_small_model_routes(string said, string expected)
    {
        using ScriptedChatClient router = new ScriptedChatClient().Enqueue(said);
        using ScriptedChatClient small = new ScriptedChatClient().Enqueue("small");
        using ScriptedChatClient large = new ScriptedChatClient().Enqueue("large");
        using ModelRouterChatClient client = new([new RoutedClient("small", "Chat.", small), new RoutedClient("large", "Hard questions.", large)], router);

        Assert.Equal(expected, (await client.GetResponseAsync("Prove it.")).Text);
    }

    [Fact]
    public async Task A_rule_routes_without_a_model()
    {
        using ScriptedChatClient small = new();
        using ScriptedChatClient large = new ScriptedChatClient().Enqueue("large");
        using ModelRouterChatClient client = new(
            [new RoutedClient("small", "Chat.", small), new RoutedClient("large", "Hard.", large)], rule: messages => messages[^1].Text.Length > 5 ? "large" : "small");

        Assert.Equal("large", (await client.GetStreamingResponseAsync("A long question.").ToChatResponseAsync()).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_the_guard_had_to_end_goes_to_the_second_client(bool streaming)
    {
        int number = 0;
        using ScriptedChatClient small = new ScriptedChatClient().Otherwise(_ => [new FunctionCallContent($"call_{number++}", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]);
        using ScriptedChatClient large = new ScriptedChatClient().Enqueue("Sunny.");
        IChatClient first = small.AsBuilder().UseFunctionInvocation().UseToolGuard().Build();
        using EscalatingChatClient client = new(first, large);

        Assert.Equal("Sunny.", (await client.AskAsync(streaming, new ChatOptions { Tools = [Agent.Weather()] })).Text);
        Assert.Single(large.Calls);
    }
}
