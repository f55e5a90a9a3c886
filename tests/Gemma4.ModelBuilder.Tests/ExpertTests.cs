using System.Runtime.InteropServices;
using Gemma4.ModelBuilder.Graphs;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>The mixture of experts of 26B-A4B in every precision.</summary>
public sealed class ExpertTests : IDisposable
{
    private const int Block = 16;

    private readonly TemporaryFolder _folder = new();

    private static string Checkpoint => Path.Combine(TestData.Shared!, "tiny", "26b-a4b");

    public void Dispose() => _folder.Dispose();

    [SharedFact]
    public async Task A_prompt_token_by_token_routes_as_in_one_piece()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"));
        using var runner = new GraphRunner(_folder.Path("built"));
        var ids = Enumerable.Range(0, 50).Select(i => 200 + (i * 37 % 290)).ToArray();
        var whole = runner.Append(ids);
        foreach (var piece in new[] { 1, 7 })
        {
            runner.Reset();
            float[] logits = [];
            foreach (var part in ids.Chunk(piece))
            {
                logits = runner.Append(part);
            }

            Assert.InRange(Reference.LargestDifference(whole, logits), 0, 2e-4f);
        }
    }

    [SharedTheory]
    [InlineData(ModelPrecision.Int8)]
    [InlineData(ModelPrecision.Int4)]
    public async Task A_quantised_build_computes_what_a_float_build_of_its_rounded_weights_computes(
        ModelPrecision precision)
    {
        // Rounding can move a token to another expert, so the reference logits say little about quantised experts.
        var editor = new CheckpointEditor(Checkpoint, _folder.Path("rounded"));
        foreach (var name in editor.Names.Where(IsQuantised))
        {
            editor[name] = Rounded(editor[name], precision == ModelPrecision.Int8 ? 8 : 4);
        }

        editor.Save();
        await Gemma4ModelBuilder.BuildAsync(_folder.Path("rounded"), _folder.Path("floats"));
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("quantised"), new()
        {
            Precision = precision,
            EmbeddingPrecision = precision,
            BlockSize = Block,
            AccuracyLevel = 1,
        });
        using var floats = new GraphRunner(_folder.Path("floats"));
        using var quantised = new GraphRunner(_folder.Path("quantised"));
        int[] prompt = [.. Enumerable.Range(0, 40).Select(i => 200 + (i * 53 % 290))];
        Assert.InRange(Reference.LargestDifference(floats.Append(prompt), quantised.Append(prompt)), 0, 2e-3f);
        Assert.InRange(Reference.LargestDifference(floats.Append([300]), quantised.Append([300])), 0, 2e-3f);
    }

    [SharedFact]
    public async Task Experts_of_16_bit_floats_keep_the_tokens()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("a"));
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("b"), new() { Precision = ModelPrecision.Float16 });
        using var floats = new GraphRunner(_folder.Path("a"));
        using var halves = new GraphRunner(_folder.Path("b"));
        int[] prompt = [2, 300, 301, 302, 303];
        Assert.InRange(Reference.LargestDifference(floats.Append(prompt), halves.Append(prompt)), 0, 0.05f);
    }

    [SharedFact]
    public async Task Other_spellings_of_the_expert_fields_give_the_same_model()
    {
        var editor = new CheckpointEditor(Checkpoint, _folder.Path("other"));
        editor.EditConfig(config =>
        {
            config["num_local_experts"] = 16;
            config["num_experts_per_tok"] = 4;
            config["expert_intermediate_size"] = 16;
            foreach (var name in new[] { "num_experts", "top_k_experts", "moe_intermediate_size" })
            {
                config.AsObject().Remove(name);
            }
        });
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("a"));
        await Gemma4ModelBuilder.BuildAsync(_folder.Path("other"), _folder.Path("b"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder.Path("a"), "model.onnx")),
            File.ReadAllBytes(Path.Combine(_folder.Path("b"), "model.onnx")));
    }

    private static bool IsQuantised(string name) =>
        (name.Contains("_proj", StringComparison.Ordinal) || name.Contains("embed_tokens", StringComparison.Ordinal))
        && !name.Contains("router", StringComparison.Ordinal);

    private static CheckpointEditor.Tensor Rounded(CheckpointEditor.Tensor tensor, int bits)
    {
        var weights = tensor.Floats();
        var packed = new byte[weights.Length * bits / 8];
        var scales = new float[weights.Length / Block];
        BlockQuantizer.Quantize(weights, bits, Block, packed, scales);
        for (var i = 0; i < weights.Length; i++)
        {
            var code = bits == 8 ? packed[i] - 128 : ((packed[i / 2] >> (4 * (i & 1))) & 15) - 8;
            weights[i] = code * scales[i / Block];
        }

        return new("F32", tensor.Shape, MemoryMarshal.AsBytes(weights.AsSpan()).ToArray());
    }
}
