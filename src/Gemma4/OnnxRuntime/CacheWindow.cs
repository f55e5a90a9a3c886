namespace Gemma4.OnnxRuntime;

/// <summary>
/// How much of the sequence the caches of sliding layers keep. A layer that looks back over <paramref name="Size"/> tokens,
/// its own among them, needs one less from before a step. Beyond that the buffer has room for a step and for going back.
/// </summary>
/// <param name="Size">Tokens that a query of a sliding layer sees.</param>
/// <param name="Slack">
/// Longest step; half as much can be gone back at least, and a quarter is what the beginning moves by. Attention costs
/// time for every row up to the length, so less slack makes a token cheaper, and a prompt's chunks shorter.
/// </param>
internal sealed record CacheWindow(int Size, int Slack)
{
    /// <summary>
    /// As long as the longest chunks in which prompts are usually run. A step of one token then finds 767 to 894 rows at a
    /// window of 512 tokens, and 1279 to 1406 at one of 1024.
    /// </summary>
    internal const int DefaultSlack = 512;

    /// <summary>Rows before a step that are never given up.</summary>
    private int Kept => Size - 1 + (Slack / 2);

    // A multiple of 4 (measured) leaves the order in which attention sums over the rows, and so the logits' bits.
    private int Stride => Math.Max(1, Slack / 4);

    /// <summary>Rows that a buffer needs, however long the sequence.</summary>
    internal int Capacity => Kept + Stride - 1 + Slack;

    /// <summary>The first position to keep before a step that follows <paramref name="held"/> tokens.</summary>
    internal int StartFor(int held) => Math.Max(0, held - Kept) / Stride * Stride;

    /// <summary>The shortest sequence that can go on from rows that begin at <paramref name="start"/>.</summary>
    internal int EarliestLength(int start) => start == 0 ? 0 : start + Size - 1;
}
