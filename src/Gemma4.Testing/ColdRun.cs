using Gemma4.Generation;

namespace Gemma4.Testing;

/// <summary>Tokens given in chunks to a new session: what every other way to the same tokens is compared with.</summary>
internal static class ColdRun
{
    public static float[] Logits(IGenerationEngine engine, int[] tokens, params int[] lengths)
    {
        using var session = engine.CreateSession();
        foreach (var chunk in Chunks(tokens, lengths))
        {
            session.Append(chunk);
        }

        return session.Logits.ToArray();
    }

    public static IEnumerable<int[]> Chunks(int[] tokens, params int[] lengths)
    {
        var start = 0;
        foreach (var length in lengths)
        {
            yield return tokens[start..(start + length)];
            start += length;
        }
    }
}
