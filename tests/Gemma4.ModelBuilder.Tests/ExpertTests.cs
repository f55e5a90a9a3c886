namespace Gemma4.ModelBuilder.Tests;

/// <summary>The mixture of experts of 26B-A4B in every precision.</summary>
public sealed class ExpertTests : IDisposable
{
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
    [InlineData(ModelPrecision.Float16, 0.05f)]
    [InlineData(ModelPrecision.Int8, 1.5f)]
    [InlineData(ModelPrecision.Int4, 12f)]
    public async Task Rounded_experts_stay_near_the_reference(ModelPrecision precision, float tolerance)
    {
        // Random weights with logits up to 20 are far more sensitive than trained ones, hence the wide bounds.
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"),
            new() { Precision = precision, BlockSize = 16, AccuracyLevel = 1 });
        using var runner = new GraphRunner(_folder.Path("built"));
        var test = Reference.Read(Path.Combine(Checkpoint, "reference.json")).GetProperty("cases")[1];
        var expected = Reference.Floats(test.GetProperty("logits_last").GetProperty("base64").GetString()!);
        var actual = runner.Append(Reference.Ids(test.GetProperty("prompt")));
        Assert.InRange(Reference.LargestDifference(expected, actual), 0, tolerance);
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
}
