using Gemma4.ModelBuilder.Checkpoints;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Steps in which cached keys and values are rounded to 8 bits, one a channel: [1, K, 1, hd]. They follow from the model
/// alone. Keys are normalised to a mean square of 1 and multiplied by a learned weight, values are normalised only; so a
/// channel is rarely more than a few times its weight, whatever is said.
/// </summary>
/// <param name="Keys">Name of the keys' steps.</param>
/// <param name="Values">Name of the values' steps.</param>
internal sealed record CacheScales(string Keys, string Values)
{
    public const long Bits = 8;

    /// <summary>
    /// Multiples of a channel's weight that the 8 bits reach. In the trained nano model no key or value of 2,700 tokens is
    /// beyond 4.4; a longer reach makes every step coarser. Mean KL divergence from exact caches, nano and five sizes with
    /// random weights: reach 3 2e-5 and 0.0045, 4 1e-5 and 0.0024, 6 1e-5 and 0.0077, 8 1.4e-4 and 0.010, 16 1.5e-4 and 0.037.
    /// 6 leaves room for channels that stand out more in larger models; what is beyond is cut to the bound.
    /// </summary>
    public const float DefaultClip = 6;

    private const float LargestCode = 127;

    // A step of 0 would divide by it; channels whose weight is that small carry nothing.
    private const float SmallestBound = 1e-6f;

    /// <param name="layer">A layer whose cache, its own or a borrowed one, has 8 bits.</param>
    /// <param name="config">The model.</param>
    /// <param name="weights">Receives the steps.</param>
    /// <param name="clip">Multiples of a channel's weight that the 8 bits reach.</param>
    public static CacheScales Of(LayerConfig layer, TextConfig config, WeightStore weights, float clip)
    {
        var (heads, size) = (layer.KeyValueHeads, layer.HeadSize);
        var norm = weights.Values($"layers.{layer.Donor}.self_attn.k_norm.weight", size);
        var bounds = KeyBounds(norm, layer.IsFull ? config.FullRotaryShare : 1);
        var ones = new float[size];
        Array.Fill(ones, 1f);
        return new(
            Declare(weights, $"key_steps.{layer.Donor}", bounds, clip, heads),
            Declare(weights, $"value_steps.{heads}.{size}", ones, clip, heads));
    }

    /// <summary>A pair of channels that turns shares the larger bound: each of the two comes to hold the other.</summary>
    internal static float[] KeyBounds(ReadOnlySpan<float> norm, double rotaryShare)
    {
        var bounds = new float[norm.Length];
        var half = norm.Length / 2;
        var turning = (int)(rotaryShare * half);
        for (var i = 0; i < norm.Length; i++)
        {
            var partner = (i + half) % norm.Length;
            var bound = i % half < turning ? Math.Max(Math.Abs(norm[i]), Math.Abs(norm[partner])) : Math.Abs(norm[i]);
            bounds[i] = Math.Max(bound, SmallestBound);
        }

        return bounds;
    }

    private static string Declare(WeightStore weights, string name, float[] bounds, float clip, int heads)
    {
        // One norm weight serves all heads.
        var steps = new float[heads * bounds.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = bounds[i % bounds.Length] * clip / LargestCode;
        }

        return weights.Floats(name, steps, 1, heads, 1, bounds.Length);
    }
}
