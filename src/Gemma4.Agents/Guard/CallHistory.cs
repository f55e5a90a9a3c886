using System.Text;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Guard;

/// <summary>The answered calls since the user last spoke, in order: all that the guard needs to know of earlier rounds.</summary>
internal sealed class CallHistory
{
    // Longer cycles are caught by the limits.
    private const int LongestCycle = 4;

    private readonly List<string> _steps = [];

    public CallHistory(IReadOnlyList<ChatMessage> messages)
    {
        int start = LastUserMessage(messages) + 1;
        Dictionary<string, FunctionCallContent> open = new(StringComparer.Ordinal);
        for (int i = start; i < messages.Count; i++)
        {
            bool hasCalls = false;
            foreach (AIContent content in messages[i].Contents)
            {
                if (content is FunctionCallContent call)
                {
                    open[call.CallId] = call;
                    hasCalls = true;
                }
                else if (content is FunctionResultContent result && open.Remove(result.CallId, out FunctionCallContent? asked))
                {
                    string outcome = result.Exception is null ? CanonicalCall.OfResult(result.Result) : "failed " + result.Exception.GetType().Name;
                    _steps.Add($"{CanonicalCall.Of(asked)} -> {CanonicalCall.Hash(outcome)}");
                    Results.Add((asked, Encoding.UTF8.GetByteCount(outcome)));
                }
            }

            Rounds += hasCalls ? 1 : 0;
        }
    }

    /// <summary>Answers with calls.</summary>
    public int Rounds { get; }

    /// <summary>The answered calls with the UTF-8 bytes of their results.</summary>
    public List<(FunctionCallContent Call, int Bytes)> Results { get; } = [];

    /// <summary>Why going on leads nowhere; null when it may lead somewhere.</summary>
    public string? Loop(int limit)
    {
        for (int period = 1; period <= LongestCycle; period++)
        {
            if (IsCycle(period, limit))
            {
                return period == 1
                    ? FormattableString.Invariant($"the same call gave the same result {limit} times")
                    : FormattableString.Invariant($"the same {period} calls were made in turn {limit} times, with the same results");
            }
        }

        // The same step again and again with others between is no progress either.
        string? often = _steps.GroupBy(step => step, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > limit)?.Key;
        return often is null ? null : FormattableString.Invariant($"the same call gave the same result {limit + 1} times, with other calls between");
    }

    private bool IsCycle(int period, int limit)
    {
        int length = period * limit;
        if (_steps.Count < length)
        {
            return false;
        }

        for (int i = _steps.Count - length; i < _steps.Count - period; i++)
        {
            if (_steps[i] != _steps[i + period])
            {
                return false;
            }
        }

        return true;
    }

    private static int LastUserMessage(IReadOnlyList<ChatMessage> messages)
    {
        int last = messages.Count - 1;
        // An approval comes as a user message and goes on with the same turn.
        while (last >= 0 && (messages[last].Role != ChatRole.User || messages[last].Contents.Any(content => content is ToolApprovalResponseContent)))
        {
            last--;
        }

        return last;
    }
}
