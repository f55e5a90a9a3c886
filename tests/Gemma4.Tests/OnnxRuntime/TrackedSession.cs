using Gemma4.Generation;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>A session beside the tokens it must hold.</summary>
internal sealed record TrackedSession(IGenerationSession Session, List<int> Tokens)
{
    /// <summary>The logits are those of a new session of another engine that takes the tokens in one chunk.</summary>
    internal void AssertLogits(IGenerationEngine reference, float tolerance)
    {
        Assert.Equal(Tokens.Count, Session.Length);
        using IGenerationSession once = reference.CreateSession();
        once.Append(Tokens.ToArray());
        ReadOnlySpan<float> actual = Session.Logits;
        ReadOnlySpan<float> expected = once.Logits;
        for (int id = 0; id < expected.Length; id++)
        {
            Assert.Equal(expected[id], actual[id], tolerance);
        }
    }

    internal void Append(int[] tokens)
    {
        Session.Append(tokens);
        Tokens.AddRange(tokens);
    }

    internal void RewindTo(int length)
    {
        Session.RewindTo(length);
        Tokens.RemoveRange(length, Tokens.Count - length);
    }
}
