namespace Gemma4.Sampling;

/// <summary>Remembers which tokens were seen and lowers (or raises) their logits.</summary>
internal sealed class TokenPenalties
{
    private readonly float _repetition;
    private readonly float _frequency;
    private readonly float _presence;
    private readonly int[] _generated; // [token] times in the answer
    private readonly bool[] _isSeen; // [token] in the prompt or the answer
    private readonly int[] _seen; // the distinct seen tokens; room for all, so that nothing grows while generating
    private int _seenCount;

    public TokenPenalties(SamplingSettings settings, int vocabularySize)
    {
        _repetition = settings.RepetitionPenalty;
        _frequency = settings.FrequencyPenalty;
        _presence = settings.PresencePenalty;
        _generated = new int[vocabularySize];
        _isSeen = new bool[vocabularySize];
        _seen = new int[vocabularySize];
    }

    public static bool AreWanted(SamplingSettings settings) =>
        settings.RepetitionPenalty != 1 || settings.FrequencyPenalty != 0 || settings.PresencePenalty != 0;

    public void ObservePrompt(ReadOnlySpan<int> prompt)
    {
        foreach (var token in prompt)
        {
            MarkSeen(token);
        }
    }

    public void ObservePick(int token)
    {
        MarkSeen(token);
        _generated[token]++;
    }

    public void Apply(Span<float> logits)
    {
        foreach (var token in _seen.AsSpan(0, _seenCount))
        {
            var logit = logits[token];
            logit = logit < 0 ? logit * _repetition : logit / _repetition;
            var count = _generated[token];
            if (count > 0)
            {
                logit -= _frequency * count;
                logit -= _presence;
            }

            // A product can underflow to negative zero, which must not order below zero.
            logits[token] = logit + 0f;
        }
    }

    private void MarkSeen(int token)
    {
        if (!_isSeen[token])
        {
            _isSeen[token] = true;
            _seen[_seenCount++] = token;
        }
    }
}
