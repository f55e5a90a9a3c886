using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Evaluation;

/// <summary>
/// Judges calls by the rules of the Berkeley function-calling leaderboard: names and types must be exact, an integer
/// counts as a float, text is compared without case, blanks and <c>,./-_*^</c>, parallel calls match in any order.
/// </summary>
public static class CallChecker
{
    /// <summary>Judges the calls of one answer.</summary>
    /// <param name="calls">The calls, in any order.</param>
    /// <param name="expected">The calls that are right; none says that no tool should be called.</param>
    /// <param name="tools">The tools of the question.</param>
    /// <exception cref="ArgumentException">An expected call names a tool that is not among the tools.</exception>
    public static CallVerdict Check(
        IReadOnlyList<FunctionCallContent> calls, IReadOnlyList<ExpectedCall> expected, IEnumerable<AITool> tools)
    {
        ArgumentNullException.ThrowIfNull(calls);
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(tools);
        if (expected.Count == 0)
        {
            return calls.Count == 0 ? CallVerdict.Right : new CallVerdict(CallError.CallNotWanted, calls[0].Name);
        }

        if (calls.Count != expected.Count)
        {
            return new CallVerdict(CallError.WrongCount, FormattableString.Invariant($"{calls.Count} calls instead of {expected.Count}"));
        }

        AIFunctionDeclaration[] declared = [.. tools.OfType<AIFunctionDeclaration>()];
        if (expected.Count == 1)
        {
            return SingleCallCheck.Of(calls[0], expected[0], Tool(expected[0]));
        }

        // As upstream: each expected call takes the first free call that fits.
        bool[] taken = new bool[calls.Count];
        foreach (ExpectedCall wanted in expected)
        {
            int match = -1;
            CallVerdict? nearest = null;
            for (int i = 0; i < calls.Count && match < 0; i++)
            {
                if (taken[i])
                {
                    continue;
                }

                CallVerdict verdict = SingleCallCheck.Of(calls[i], wanted, Tool(wanted));
                match = verdict.IsRight ? i : -1;
                nearest = verdict.Error != CallError.WrongName ? verdict : nearest ?? verdict;
            }

            if (match < 0)
            {
                return new CallVerdict(CallError.NoMatch, $"{wanted.Name}: {nearest?.Error} {nearest?.Detail}".TrimEnd());
            }

            taken[match] = true;
        }

        return CallVerdict.Right;

        AIFunctionDeclaration Tool(ExpectedCall call) => declared.FirstOrDefault(tool => tool.Name == call.Name)
            ?? throw new ArgumentException($"The expected call names '{call.Name}', which is not among the tools.", nameof(expected));
    }
}
