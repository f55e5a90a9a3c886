using System.Text.Json;
using Gemma4.Agents.Evaluation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Xunit;

namespace Gemma4.Agents.Tests;

public class CallCheckerTests
{
    [SharedFact]
    public void Every_gold_answer_is_right()
    {
        string[] wrong = [.. Bfcl.Questions
            .Select(question => (question, verdict: CallChecker.Check([.. Bfcl.Gold(question)], question.Expected, question.Tools)))
            .Where(entry => !entry.verdict.IsRight)
            .Select(entry => $"{entry.question.Id} {entry.verdict.Error} {entry.verdict.Detail}")];

        Assert.Empty(wrong);
    }

    [SharedFact]
    public void A_changed_answer_is_wrong()
    {
        List<string> right = [];
        foreach (FunctionCallingQuestion question in Bfcl.Questions.Where(question => question.Expected.Count > 0))
        {
            FunctionCallContent[] gold = [.. Bfcl.Gold(question)];
            FunctionCallContent first = gold[0];
            Expect("another name", [new FunctionCallContent("x", first.Name + "_x", first.Arguments), .. gold[1..]]);
            Expect("one more", [.. gold, first]);
            Expect("one less", gold[1..]);
            Expect("unknown parameter", [With(first, "no_such_parameter", 1), .. gold[1..]]);
            foreach ((string name, object? value) in first.Arguments!)
            {
                // No right answer holds these.
                Expect("another value", [With(first, name, "no such value"), .. gold[1..]]);
                if (((JsonElement)value!).ValueKind == JsonValueKind.Number)
                {
                    Expect("another number", [With(first, name, 987654321), .. gold[1..]]);
                }
            }

            void Expect(string change, FunctionCallContent[] calls)
            {
                if (CallChecker.Check(calls, question.Expected, question.Tools).IsRight)
                {
                    right.Add($"{question.Id}: {change}");
                }
            }
        }

        Assert.Empty(right);
    }

    [SharedFact]
    public void Parallel_calls_are_right_in_any_order()
    {
        // Two of its answers allow the same values; like upstream's, the matching takes the first that fits and never goes back.
        foreach (FunctionCallingQuestion question in Bfcl.Questions.Where(question => question.Expected.Count > 1 && question.Id != "parallel_178"))
        {
            Assert.True(CallChecker.Check([.. Bfcl.Gold(question).Reverse()], question.Expected, question.Tools).IsRight, question.Id);
        }
    }

    [Theory]
    [InlineData("""{"n":5}""", CallError.None)]
    [InlineData("""{"n":5.0}""", CallError.WrongType)] // A float for an integer is wrong upstream.
    [InlineData("""{"n":"5"}""", CallError.WrongType)]
    [InlineData("""{"n":6}""", CallError.WrongValue)]
    [InlineData("""{"n":5,"x":2}""", CallError.None)] // An integer for a float is right.
    [InlineData("""{"n":5,"x":2.5}""", CallError.WrongValue)]
    [InlineData("""{"n":5,"place":"new-york ny"}""", CallError.None)]
    [InlineData("""{"n":5,"place":"Boston"}""", CallError.WrongValue)]
    [InlineData("""{"n":5,"other":1}""", CallError.UnexpectedParameter)]
    [InlineData("""{"x":2}""", CallError.MissingRequired)]
    public void The_rules_are_those_of_the_leaderboard(string arguments, CallError expected)
    {
        AIFunctionDeclaration tool = AIFunctionFactory.CreateDeclaration("f", null, JsonElement.Parse(
            """{"type":"object","properties":{"n":{"type":"integer"},"x":{"type":"number"},"place":{"type":"string"},"other":{"type":"string"}},"required":["n"]}"""));
        Dictionary<string, IReadOnlyList<JsonElement>> answers = new()
        {
            ["n"] = [JsonElement.Parse("5")],
            ["x"] = [JsonElement.Parse("2.0"), JsonElement.Parse("\"\"")],
            ["place"] = [JsonElement.Parse("\"New York, NY\""), JsonElement.Parse("\"\"")],
        };
        FunctionCallContent call = new("c", "f", JsonElement.Parse(arguments).EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value));

        Assert.Equal(expected, CallChecker.Check([call], [new ExpectedCall("f", answers)], [tool]).Error);
    }

    [Fact]
    public async Task The_evaluators_give_metrics()
    {
        ExpectedCall expected = new("get_weather", new Dictionary<string, IReadOnlyList<JsonElement>> { ["city"] = [JsonElement.Parse("\"Paris\"")], ["days"] = [JsonElement.Parse("\"\"")] });
        FunctionCallContext context = new([expected], [Agent.Weather()]);
        ChatResponse response = new(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c", "get_weather", new Dictionary<string, object?> { ["city"] = "paris" })]));

        EvaluationResult right = await new FunctionCallEvaluator().EvaluateAsync([], response, additionalContext: [context]);
        EvaluationResult valid = await new CallValidityEvaluator().EvaluateAsync([], response, additionalContext: [context]);
        EvaluationResult without = await new FunctionCallEvaluator().EvaluateAsync([], response);

        Assert.True(right.Get<BooleanMetric>(FunctionCallEvaluator.MetricName).Value);
        Assert.Equal(1, valid.Get<NumericMetric>(CallValidityEvaluator.MetricName).Value);
        Assert.Null(without.Get<BooleanMetric>(FunctionCallEvaluator.MetricName).Value);
    }

    private static FunctionCallContent With(FunctionCallContent call, string name, object? value) =>
        new(call.CallId, call.Name, new Dictionary<string, object?>(call.Arguments!) { [name] = value });
}
