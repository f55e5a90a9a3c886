using Gemma4.Safety.Detection;
using Gemma4.Safety.Judging;
using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tests.Pipeline;

public sealed class JudgeTests
{
    [Fact]
    public async Task A_client_that_cannot_score_is_asked_to_answer()
    {
        var model = new ScriptedChatClient().Enqueue("Yes, it does.").Enqueue("No").Enqueue(" no.").Enqueue("No");

        var findings = await new ModelJudge(model).CheckAsync("some text", SafetyStage.Input, CancellationToken.None);

        Assert.Equal(new Finding("judge/dangerous-content", RiskCategory.Harm, "HARM", 0, 9, 1), Assert.Single(findings));
        Assert.Equal(4, model.Calls.Count);
        Assert.Contains("some text", model.Calls[0].Messages[0].Text);
        Assert.Contains("No hate speech", model.Calls[1].Messages[0].Text);
    }

    [Fact]
    public async Task The_questions_of_one_text_differ_only_behind_the_text()
    {
        var model = new ScriptedChatClient().Enqueue("No").Enqueue("No");
        await new ModelJudge(model, [JudgePolicy.HateSpeech, new JudgePolicy("own", "The text shall not mention the competitor.")]).CheckAsync("some text", SafetyStage.Output, CancellationToken.None);

        var (first, second) = (model.Calls[0].Messages[0].Text, model.Calls[1].Messages[0].Text);
        var shared = first.AsSpan().CommonPrefixLength(second);

        Assert.True(shared > first.IndexOf("[text ends]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_judge_that_does_not_answer_refuses(bool isStreamed)
    {
        var judge = new ModelJudge(new ScriptedChatClient().Enqueue("Maybe."), [JudgePolicy.Harassment]);
        var client = Pipe.Around(new ScriptedChatClient().Enqueue("Fine."), options => options.AddFilter(judge).Policies["default"] =
            new SafetyPolicy { Rules = [new() { Detector = "model-judge", Action = SafetyAction.Refuse, Stages = [SafetyStage.Output] }] });

        var response = await Pipe.AskAsync(client, "Hello", isStreamed);

        Assert.Equal("This request was stopped by the safety policy.", response.Text);
        Assert.Equal(ChatFinishReason.ContentFilter, response.FinishReason);
    }
}
