namespace Gemma4.Generation;

/// <summary>
/// What the model wrote, beside what the template makes of it when the answer comes back as history: other spaces, keys
/// in another order, tokens cut otherwise. With the model's own tokens in its place a conversation stays a continuation
/// of what was read already, whether or not that is still in memory. Safe for concurrent use.
/// </summary>
internal sealed class GeneratedTurns
{
    // 4 MiB of ids: some thirty agent runs of 32,000 tokens.
    private const int MostTokens = 1 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<Turn> _turns = new(); // the latest first
    private int _held;

    private sealed record Turn(int[] Before, int[] Rendered, int[] Generated)
    {
        public int Size => Before.Length + Rendered.Length + Generated.Length;
    }

    /// <summary>Notes that after <paramref name="before"/> the model wrote <paramref name="generated"/> and the template writes <paramref name="rendered"/>.</summary>
    public void Remember(ReadOnlySpan<int> before, ReadOnlySpan<int> rendered, ReadOnlySpan<int> generated)
    {
        if (rendered.IsEmpty || rendered.SequenceEqual(generated))
        {
            return;
        }

        Turn turn = new(before.ToArray(), rendered.ToArray(), generated.ToArray());
        lock (_gate)
        {
            _turns.AddFirst(turn);
            _held += turn.Size;
            while (_held > MostTokens && _turns.Count > 1)
            {
                _held -= _turns.Last!.Value.Size;
                _turns.RemoveLast();
            }
        }
    }

    /// <summary>The prompt with every remembered turn as the model wrote it.</summary>
    public int[] Restore(int[] prompt)
    {
        Turn[] turns;
        lock (_gate)
        {
            if (_turns.Count == 0)
            {
                return prompt;
            }

            // From the front of the conversation on: what comes later was noted after what comes before was restored.
            // Of several with one beginning the latest counts, which a stable sort leaves first.
            turns = [.. _turns.OrderBy(turn => turn.Before.Length)];
        }

        int restored = 0;
        foreach (Turn turn in turns)
        {
            int end = turn.Before.Length + turn.Rendered.Length;
            if (turn.Before.Length >= restored
                && end < prompt.Length
                && prompt.AsSpan().StartsWith(turn.Before)
                && prompt.AsSpan(turn.Before.Length).StartsWith(turn.Rendered))
            {
                prompt = [.. turn.Before, .. turn.Generated, .. prompt.AsSpan(end)];
                restored = turn.Before.Length + turn.Generated.Length;
            }
        }

        return prompt;
    }
}
