using System.Numerics;
using System.Runtime.Intrinsics;

namespace Gemma4.Sampling;

/// <summary>Takes suppressed tokens and those that the constraint excludes out of the logits.</summary>
internal sealed class AllowedTokens
{
    private readonly int _vocabularySize;
    private readonly int[] _suppressed;
    private readonly ITokenConstraint? _constraint;
    private readonly ulong[] _mask; // bit id % 64 of word id / 64
    private readonly ulong _lastWordBits; // those bits of the last word that are tokens

    public AllowedTokens(int vocabularySize, IReadOnlyCollection<int> suppressedTokens, ITokenConstraint? constraint)
    {
        _vocabularySize = vocabularySize;

        // Ids past the vocabulary (a cut-down model with the original's configuration) cannot be picked anyway.
        _suppressed = [.. suppressedTokens.Where(id => id >= 0 && id < vocabularySize).Distinct()];
        _constraint = constraint;
        _mask = constraint is null ? [] : new ulong[(vocabularySize + 63) / 64];
        _lastWordBits = vocabularySize % 64 == 0 ? ulong.MaxValue : (1UL << (vocabularySize % 64)) - 1;
    }

    public void Accept(int token) => _constraint?.Accept(token);

    public void Apply(Span<float> logits)
    {
        if (_constraint is not null)
        {
            _mask.AsSpan().Fill(ulong.MaxValue);
            if (_constraint.FillMask(_mask))
            {
                ThrowIfNothingIsAllowed();
                ApplyMask(logits);
            }
        }

        foreach (var token in _suppressed)
        {
            logits[token] = float.NegativeInfinity;
        }
    }

    private void ThrowIfNothingIsAllowed()
    {
        var others = _mask.AsSpan(0, _mask.Length - 1);
        if ((_mask[^1] & _lastWordBits) == 0 && !others.ContainsAnyExcept(0UL))
        {
            throw new InvalidOperationException(
                FormattableString.Invariant(
                    $"The token constraint {_constraint!.GetType().Name} allows none of the {_vocabularySize} tokens. ")
                + "A constraint must always allow at least one; at its end, the stop token.");
        }
    }

    private void ApplyMask(Span<float> logits)
    {
        for (var word = 0; word < _mask.Length; word++)
        {
            var bits = _mask[word];
            if (bits == ulong.MaxValue)
            {
                continue;
            }

            var group = logits[(word * 64)..Math.Min((word + 1) * 64, logits.Length)];
            if (bits == 0)
            {
                group.Fill(float.NegativeInfinity);
            }
            else if (group.Length == 64)
            {
                ApplyWord(bits, group);
            }
            else
            {
                for (var forbidden = ~bits & _lastWordBits; forbidden != 0; forbidden &= forbidden - 1)
                {
                    group[BitOperations.TrailingZeroCount(forbidden)] = float.NegativeInfinity;
                }
            }
        }
    }

    private static void ApplyWord(ulong bits, Span<float> group)
    {
        var laneBits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        var excluded = Vector256.Create(float.NegativeInfinity);
        for (var i = 0; i < 64; i += 8, bits >>= 8)
        {
            var lanes = group.Slice(i, 8);
            var isAllowed = Vector256.Equals(Vector256.Create((int)(bits & 0xFF)) & laneBits, laneBits);
            Vector256.ConditionalSelect(isAllowed.AsSingle(), Vector256.Create<float>(lanes), excluded).CopyTo(lanes);
        }
    }
}
