using System.Globalization;
using System.Numerics;
using System.Text;
using Gemma4.ModelBuilder.Checkpoints;

namespace Gemma4.ModelBuilder.Untrained;

/// <summary>
/// Random weights of any shape asked for. A value depends only on the seed, the tensor's name and its place, so chunks,
/// threads and machines make no difference.
/// </summary>
internal sealed class UntrainedWeights(int seed) : IWeightSource, ITensorData
{
    // Counters restart in each run, with new keys, so that a table of more than 2^32 values does not repeat.
    private const int RunBits = 16;
    private const int RunLength = 1 << RunBits;

    private readonly List<CheckpointTensor> _asked = [];

    public string Path { get; } = string.Create(CultureInfo.InvariantCulture, $"random weights, seed {seed}");

    /// <summary>The tensors asked for so far.</summary>
    public IReadOnlyList<CheckpointTensor> Asked => _asked;

    public CheckpointTensor Get(string name, params ReadOnlySpan<int> shape)
    {
        var length = sizeof(float) * 1L;
        foreach (var size in shape)
        {
            length *= size;
        }

        var tensor = new CheckpointTensor(this, name, "F32", shape.ToArray(), 0, length);
        _asked.Add(tensor);
        return tensor;
    }

    public void Read(CheckpointTensor tensor, long firstElement, Span<float> destination)
    {
        var start = Start(tensor.Name);
        var (centre, deviation) = Distribution(tensor);
        while (!destination.IsEmpty)
        {
            var within = (int)(firstElement & (RunLength - 1));
            var count = Math.Min(destination.Length, RunLength - within);
            var key = Scramble(start + (ulong)(firstElement >> RunBits));
            Fill(destination[..count], (uint)within, (uint)key, (uint)(key >> 32), centre, deviation);
            destination = destination[count..];
            firstElement += count;
        }
    }

    /// <summary>Mean and deviation that keep activations near 1 through all layers, so that logits stay finite.</summary>
    private static (float Centre, float Deviation) Distribution(CheckpointTensor tensor)
    {
        if (tensor.Shape.Length > 1)
        {
            return (0, 1 / MathF.Sqrt(tensor.Shape[^1]));
        }

        // Scores are not divided by the root of the head size; without this every head would look at one token only.
        return tensor.Name.EndsWith("q_norm.weight", StringComparison.Ordinal)
            || tensor.Name.EndsWith("k_norm.weight", StringComparison.Ordinal)
            ? (1 / MathF.Sqrt(MathF.Sqrt(tensor.Shape[0])), 0.01f)
            : (1, 0.05f);
    }

    private static void Fill(
        Span<float> destination, uint counter, uint firstKey, uint secondKey, float centre, float deviation)
    {
        // The sum of two 16-bit numbers has a triangular distribution of this deviation.
        var step = deviation / (65536 / MathF.Sqrt(6));
        var done = 0;
        for (; done <= destination.Length - Vector<float>.Count; done += Vector<float>.Count)
        {
            var hash = (new Vector<uint>(counter + (uint)done) + Vector<uint>.Indices) * 0x9E3779B9 ^ new Vector<uint>(firstKey);
            hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B ^ new Vector<uint>(secondKey);
            hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
            hash ^= hash >>> 16;
            var sum = (hash & new Vector<uint>(0xFFFF)) + (hash >>> 16);
            var centred = Vector.ConvertToSingle(sum.As<uint, int>() - new Vector<int>(0xFFFF));
            ((centred * step) + new Vector<float>(centre)).CopyTo(destination[done..]);
        }

        for (; done < destination.Length; done++)
        {
            var hash = (counter + (uint)done) * 0x9E3779B9 ^ firstKey;
            hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B ^ secondKey;
            hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
            hash ^= hash >>> 16;
            var centred = (float)((int)((hash & 0xFFFF) + (hash >>> 16)) - 0xFFFF);
            destination[done] = (centred * step) + centre;
        }
    }

    private ulong Start(string name)
    {
        var hash = 14695981039346656037UL ^ (uint)seed;
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        return Scramble(hash);
    }

    private static ulong Scramble(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
