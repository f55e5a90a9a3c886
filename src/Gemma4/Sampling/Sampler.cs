using System.Numerics;

namespace Gemma4.Sampling;

/// <summary>
/// Picks one token after the other for one response. The same seed with the same logits gives the same tokens on any
/// machine: vector instructions only compare, and every sum runs in a fixed scalar order.
/// </summary>
internal sealed class Sampler
{
    private readonly SamplingSettings _settings;
    private readonly int _vocabularySize;
    private readonly AllowedTokens _allowed;
    private readonly TokenPenalties? _penalties;
    private readonly SeededRandom _random;
    private readonly float[] _logits; // [token], the working copy
    private readonly TopCandidates? _top;
    private readonly WholeVocabulary? _whole;
    private readonly double[] _topWeights;

    public Sampler(
        SamplingSettings settings,
        int vocabularySize,
        IReadOnlyCollection<int> suppressedTokens,
        ITokenConstraint? constraint,
        ulong seedWhenNull)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        ArgumentNullException.ThrowIfNull(suppressedTokens);
        settings.Validate();
        _settings = settings;
        _vocabularySize = vocabularySize;
        _allowed = new AllowedTokens(vocabularySize, suppressedTokens, constraint);
        _penalties = TokenPenalties.AreWanted(settings) ? new TokenPenalties(settings, vocabularySize) : null;
        _random = new SeededRandom(settings.Seed is { } seed ? unchecked((ulong)seed) : seedWhenNull);
        _logits = new float[vocabularySize];
        _topWeights = [];
        if (settings.Temperature > 0)
        {
            if (settings.TopK is > 0 and <= TopCandidates.LargestCount)
            {
                _top = new TopCandidates(settings.TopK, vocabularySize);
                _topWeights = new double[Math.Min(settings.TopK, vocabularySize)];
            }
            else
            {
                _whole = new WholeVocabulary(vocabularySize);
            }
        }
    }

    /// <summary>Counts the prompt's tokens for the repetition penalty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token lies outside the vocabulary.</exception>
    public void ObservePrompt(ReadOnlySpan<int> prompt)
    {
        foreach (var token in prompt)
        {
            if ((uint)token >= (uint)_vocabularySize)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(prompt),
                    token,
                    FormattableString.Invariant(
                        $"The prompt holds token {token}; the vocabulary has the tokens 0 to {_vocabularySize - 1}."));
            }
        }

        _penalties?.ObservePrompt(prompt);
    }

    /// <summary>Picks the next token, counts it for the penalties and tells the constraint.</summary>
    /// <exception cref="ArgumentException">There is not one logit per token.</exception>
    /// <exception cref="InvalidOperationException">No token is left to pick.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _vocabularySize)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"There are {logits.Length} logits for a vocabulary of {_vocabularySize} tokens."),
                nameof(logits));
        }

        CopyWithoutNaN(logits);
        _allowed.Apply(_logits);
        _penalties?.Apply(_logits);
        var token = Pick();
        Accept(token);
        return token;
    }

    /// <summary>Counts a token of the answer that was not picked here and tells the constraint.</summary>
    public void Accept(int token)
    {
        _penalties?.ObservePick(token);
        _allowed.Accept(token);
    }

    private int Pick()
    {
        if (_top is not null)
        {
            return PickFromTop(_top.Find(_logits));
        }

        var largest = FindLargest();
        if (float.IsNegativeInfinity(largest))
        {
            throw NothingToPick();
        }

        if (_whole is null)
        {
            return FirstOf(largest);
        }

        var weights = _whole.Weigh(_logits, largest, _settings, out var total);
        return Draw(weights, total);
    }

    private int PickFromTop(ReadOnlySpan<ulong> candidates)
    {
        if (candidates.IsEmpty)
        {
            throw NothingToPick();
        }

        var largest = _logits[LogitOrder.TokenOf(candidates[0])];
        var weights = _topWeights.AsSpan(0, candidates.Length);
        var total = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = LogitWeight.Of(_logits[LogitOrder.TokenOf(candidates[i])], largest, _settings.Temperature);
            total += weights[i];
        }

        // The candidates run downwards: top-p and min-p each cut a tail off.
        var target = _settings.TopP < 1 ? _settings.TopP * total : double.PositiveInfinity;
        var kept = 0;
        var mass = 0.0;
        do
        {
            mass += weights[kept++];
        }
        while (kept < weights.Length && mass < target && weights[kept] >= _settings.MinP);

        return LogitOrder.TokenOf(candidates[Draw(weights[..kept], mass)]);
    }

    private int Draw(ReadOnlySpan<double> weights, double total)
    {
        var target = _random.NextDouble() * total;
        var reached = 0.0;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                last = i;
                reached += weights[i];
                if (reached > target)
                {
                    break;
                }
            }
        }

        return last;
    }

    private void CopyWithoutNaN(ReadOnlySpan<float> logits)
    {
        var excluded = new Vector<float>(float.NegativeInfinity);
        var i = 0;
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            // Adding zero turns negative zero into zero, so that equal logits have equal bits.
            var lanes = new Vector<float>(logits[i..]);
            Vector.ConditionalSelect(Vector.Equals(lanes, lanes), lanes + Vector<float>.Zero, excluded)
                .CopyTo(_logits, i);
        }

        for (; i < logits.Length; i++)
        {
            _logits[i] = float.IsNaN(logits[i]) ? float.NegativeInfinity : logits[i] + 0f;
        }
    }

    private float FindLargest()
    {
        var lanes = new Vector<float>(float.NegativeInfinity);
        var i = 0;
        for (; i <= _logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            lanes = Vector.MaxNative(lanes, new Vector<float>(_logits, i));
        }

        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        for (; i < _logits.Length; i++)
        {
            largest = Math.Max(largest, _logits[i]);
        }

        return largest;
    }

    private int FirstOf(float value)
    {
        var searched = new Vector<float>(value);
        var i = 0;
        while (i <= _logits.Length - Vector<float>.Count
            && !Vector.EqualsAny(new Vector<float>(_logits, i), searched))
        {
            i += Vector<float>.Count;
        }

        while (_logits[i] != value)
        {
            i++;
        }

        return i;
    }

    private static InvalidOperationException NothingToPick() => new(
        "No token can be picked: after the token constraint and the suppressed tokens every logit is negative infinity "
        + "or not a number. Check the model's output and that the constraint allows a token that is not suppressed.");
}
