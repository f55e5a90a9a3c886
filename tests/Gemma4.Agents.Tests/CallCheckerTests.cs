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
}
