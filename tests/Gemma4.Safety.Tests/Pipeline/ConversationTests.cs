using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tests.Pipeline;

/// <summary>What comes out of the stage goes back in with the next question, so it has to be a conversation that models can read.</summary>
public sealed class ConversationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_stand_in_the_models_message_and_results_in_the_tools(bool isStreamed)
    {
        var model = new ScriptedChatClient()
            .Enqueue(Call("c1", "a"), Call("c2", "b"))
            .Enqueue(Call("c3", "c"))
            .Enqueue("Done.");

        var response = await Pipe.AskAsync(Agent(model), "Go.", isStreamed, Options());

        Assert.Equal(
            [
                "assistant: call c1, call c2",
                "tool: result c1, result c2",
                "assistant: call c3",
                "tool: result c3",
                "assistant: text",
            ],
            response.Messages.Select(Spell));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_question_about_a_call_stands_in_the_models_message(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(Call("c1", "a"));

        var response = await Pipe.AskAsync(Agent(model, "send"), "Go.", isStreamed, Options());

        Assert.Equal(["assistant: question"], response.Messages.Select(Spell));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Words_before_a_call_share_its_message(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(new TextContent("I will send it."), Call("c1", "a")).Enqueue("Done.");

        var response = await Pipe.AskAsync(Agent(model), "Go.", isStreamed, Options());

        Assert.Equal(["assistant: text, call c1", "tool: result c1", "assistant: text"], response.Messages.Select(Spell));
    }

    private static IChatClient Agent(IChatClient model, params string[] ask) => model.AsBuilder()
        .UseSafety(options =>
        {
            var policy = SafetyPolicy.CreateDefault();
            policy.Tools.Ask = ask;
            options.Policies["default"] = policy;
        })
        .UseFunctionInvocation()
        .Build();

    private static ChatOptions Options() => new() { Tools = [AIFunctionFactory.Create((string to) => $"sent to {to}", "send")] };

    private static FunctionCallContent Call(string id, string to) => new(id, "send", new Dictionary<string, object?> { ["to"] = to });

    private static string Spell(ChatMessage message) => $"{message.Role}: {string.Join(", ", message.Contents.Where(content => content is not UsageContent).Select(content => content switch
    {
        FunctionCallContent call => $"call {call.CallId}",
        FunctionResultContent result => $"result {result.CallId}",
        ToolApprovalRequestContent => "question",
        TextContent => "text",
        _ => content.GetType().Name,
    }))}";
}
