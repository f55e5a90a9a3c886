namespace Gemma4.Sampling;

/// <summary>
/// Weights over the whole vocabulary, cut to the likeliest tokens without sorting: a radix search over the bits of the
/// logits finds the exact logit at which a count or a probability mass is reached.
/// </summary>
internal sealed class WholeVocabulary
{
    private const int BucketBits = 11;

    private readonly double[] _weights; // [token], unnormalised; 0 = cannot be picked
    private readonly double[] _buckets = new double[1 << BucketBits];

    public WholeVocabulary(int vocabularySize)
    {
        _weights = new double[vocabularySize];
    }

    /// <summary>Weights by token id after the cuts; the total is their sum in order of ids.</summary>
    public ReadOnlySpan<double> Weigh(
        ReadOnlySpan<float> logits,
        float largest,
        SamplingSettings settings,
        out double total)
    {
        var weights = _weights.AsSpan(0, logits.Length);
        if (settings.TopK > 0 && settings.TopK < logits.Length)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = logits[i] > float.NegativeInfinity ? 1 : 0;
            }

            KeepLikeliest(logits, weights, settings.TopK);
        }
        else
        {
            weights.Fill(1);
        }

        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = weights[i] == 0 ? 0 : LogitWeight.Of(logits[i], largest, settings.Temperature);
        }

        if (settings.TopP < 1)
        {
            KeepLikeliest(logits, weights, settings.TopP * Sum(weights));
        }

        if (settings.MinP > 0)
        {
            foreach (ref var weight in weights)
            {
                weight = weight < settings.MinP ? 0 : weight;
            }
        }

        total = Sum(weights);
        return weights;
    }

    /// <summary>
    /// Zeroes every weight outside the smallest set of largest logits whose weights reach the target. Equal logits
    /// enter by id. At least one token stays.
    /// </summary>
    private void KeepLikeliest(ReadOnlySpan<float> logits, Span<double> weights, double target)
    {
        // The three steps fix 11, 11 and 10 bits of the cut's key from the top; `above` is the mass over the prefix.
        uint prefix = 0;
        var prefixBits = 0;
        var above = 0.0;
        while (prefixBits < 32)
        {
            var bits = Math.Min(BucketBits, 32 - prefixBits);
            FillBuckets(logits, weights, prefix, prefixBits, bits);
            var bucket = FindBucket(1 << bits, target, ref above);
            prefix = (prefix << bits) | (uint)bucket;
            prefixBits += bits;
        }

        var isFirst = above == 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            var key = LogitOrder.AscendingKey(logits[i]);
            if (key > prefix)
            {
                continue;
            }

            if (key == prefix && (above < target || isFirst))
            {
                above += weights[i];
                isFirst = false;
                continue;
            }

            weights[i] = 0;
        }
    }

    private void FillBuckets(
        ReadOnlySpan<float> logits,
        ReadOnlySpan<double> weights,
        uint prefix,
        int prefixBits,
        int bits)
    {
        var buckets = _buckets.AsSpan(0, 1 << bits);
        buckets.Clear();
        var shift = 32 - prefixBits - bits;
        var mask = (1u << bits) - 1;
        for (var i = 0; i < weights.Length; i++)
        {
            // Widened, because a 32-bit shift by 32 would shift by 0.
            ulong key = LogitOrder.AscendingKey(logits[i]);
            if (key >> (32 - prefixBits) == prefix)
            {
                buckets[(int)((uint)(key >> shift) & mask)] += weights[i];
            }
        }
    }

    /// <summary>The bucket in which the mass from the top reaches the target; the lowest filled one if none does.</summary>
    private int FindBucket(int count, double target, ref double above)
    {
        var lowestFilled = -1;
        var aboveLowest = above;
        for (var bucket = count - 1; bucket >= 0; bucket--)
        {
            if (_buckets[bucket] == 0)
            {
                continue;
            }

            lowestFilled = bucket;
            aboveLowest = above;
            if (above + _buckets[bucket] >= target)
            {
                return bucket;
            }

            above += _buckets[bucket];
        }

        above = aboveLowest;
        return Math.Max(lowestFilled, 0);
    }

    private static double Sum(ReadOnlySpan<double> weights)
    {
        // Plain and in order: a vectorised sum would depend on the width of the machine's registers.
        var sum = 0.0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        return sum;
    }
}
