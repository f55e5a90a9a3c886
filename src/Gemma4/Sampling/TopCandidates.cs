using System.Numerics;

namespace Gemma4.Sampling;

/// <summary>
/// Finds the k largest logits without sorting. The vocabulary is cut into groups of 64; the k-th largest group maximum
/// is a threshold that at least k logits reach, and fewer than k groups exceed it, so only a few logits remain to be
/// sorted, whatever their order.
/// </summary>
internal sealed class TopCandidates
{
    public const int LargestCount = 1024;

    private const int GroupSize = 64;

    // One stretch holds Vector<float>.Count groups side by side: lane by lane maxima need no horizontal step.
    private static readonly int StretchLength = GroupSize * Vector<float>.Count;

    private readonly int _count;
    private readonly float[] _groupMaxima; // [stretch, lane]
    private readonly float[] _heap; // the smallest of the k largest group maxima on top
    private readonly ulong[] _keys;

    public TopCandidates(int count, int vocabularySize)
    {
        _count = Math.Min(count, vocabularySize);
        var stretches = vocabularySize / StretchLength;
        var rest = vocabularySize % StretchLength;
        _groupMaxima = new float[stretches * Vector<float>.Count];
        _heap = new float[_count];
        _keys = new ulong[(int)Math.Min(vocabularySize, ((long)(_count - 1) * GroupSize) + _count + rest)];
    }

    /// <summary>
    /// Candidate keys of the k largest logits, the likeliest first; fewer when fewer logits lie above negative infinity.
    /// </summary>
    public ReadOnlySpan<ulong> Find(ReadOnlySpan<float> logits)
    {
        FindGroupMaxima(logits);
        var threshold = FindThreshold();
        var found = 0;
        var ties = 0;
        var stretches = _groupMaxima.Length / Vector<float>.Count;

        // A masked vocabulary is mostly negative infinity, which is never a candidate: let the scan skip it.
        var limit = new Vector<float>(Math.Max(threshold, float.MinValue));
        for (var stretch = 0; stretch < stretches; stretch++)
        {
            var maxima = new Vector<float>(_groupMaxima, stretch * Vector<float>.Count);
            if (!Vector.GreaterThanOrEqualAny(maxima, limit))
            {
                continue;
            }

            var start = stretch * StretchLength;
            for (var i = start; i < start + StretchLength; i += Vector<float>.Count)
            {
                var lanes = logits.Slice(i, Vector<float>.Count);
                if (Vector.GreaterThanOrEqualAny(new Vector<float>(lanes), limit))
                {
                    Collect(lanes, i, threshold, ref found, ref ties);
                }
            }
        }

        Collect(logits[(stretches * StretchLength)..], stretches * StretchLength, threshold, ref found, ref ties);
        var keys = _keys.AsSpan(0, found);
        keys.Sort();
        return keys[..Math.Min(found, _count)];
    }

    private void FindGroupMaxima(ReadOnlySpan<float> logits)
    {
        for (var group = 0; group < _groupMaxima.Length; group += Vector<float>.Count)
        {
            var stretch = logits.Slice(group * GroupSize, StretchLength);
            var maxima = new Vector<float>(stretch);
            for (var i = Vector<float>.Count; i < stretch.Length; i += Vector<float>.Count)
            {
                maxima = Vector.MaxNative(maxima, new Vector<float>(stretch[i..]));
            }

            maxima.CopyTo(_groupMaxima, group);
        }
    }

    private float FindThreshold()
    {
        if (_groupMaxima.Length < _count)
        {
            return float.NegativeInfinity;
        }

        // Negative infinity is a heap of equal keys, so the heap starts out valid.
        Array.Fill(_heap, float.NegativeInfinity);
        foreach (var maximum in _groupMaxima)
        {
            if (maximum > _heap[0])
            {
                ReplaceTop(maximum);
            }
        }

        return _heap[0];
    }

    private void ReplaceTop(float value)
    {
        var heap = _heap.AsSpan();
        var hole = 0;
        while (true)
        {
            var child = (2 * hole) + 1;
            if (child >= heap.Length)
            {
                break;
            }

            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[child] >= value)
            {
                break;
            }

            heap[hole] = heap[child];
            hole = child;
        }

        heap[hole] = value;
    }

    private void Collect(ReadOnlySpan<float> logits, int firstToken, float threshold, ref int found, ref int ties)
    {
        for (var i = 0; i < logits.Length; i++)
        {
            var logit = logits[i];

            // Of logits equal to the threshold only the first k ids can be among the k; more would overrun the buffer.
            if (logit > threshold
                || (logit == threshold && logit > float.NegativeInfinity && ties++ < _count))
            {
                _keys[found++] = LogitOrder.CandidateKey(logit, firstToken + i);
            }
        }
    }
}
