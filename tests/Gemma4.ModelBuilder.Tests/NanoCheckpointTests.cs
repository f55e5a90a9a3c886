namespace Gemma4.ModelBuilder.Tests;

public sealed class NanoCheckpointTests
{
    private const float Tolerance = 2e-3f;

    // Keys and values of 8 bits in the layers with full attention, at logits of up to 25.
    private const float RoundedTolerance = 0.3f;

    // 4 bits change one of the 24 answers even with 8-bit embeddings. 8-bit activations (level 4) keep them all and run a
    // token about 30 times faster than level 1, whose 8-bit kernel widens the weights at every step.
    private static readonly ModelBuildOptions ShippedOptions = new()
    {
        Precision = ModelPrecision.Int8,
        BlockSize = 32,
        AccuracyLevel = 4,
        ContextLength = 4096,
        KeyValues = KeyValueCache.Full,
    };

    private static string Checkpoint => Path.Combine(TestData.Shared!, "nano");

    [SharedFact]
    public async Task A_float_build_of_nano_repeats_every_reference_answer_and_its_logits()
    {
        using var folder = new TemporaryFolder();
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, folder.Path("built"), new() { ContextLength = 2048 });
        using var runner = new GraphRunner(folder.Path("built"));

        Assert.Equal([], NanoReference.Misses(runner));
        Assert.InRange(NanoReference.LargestLogitDifference(runner), 0, Tolerance);
        Assert.InRange(NanoReference.LargestDecodeDifference(runner), 0, Tolerance);
    }

    [SharedFact]
    public async Task With_caches_of_8_bits_every_reference_answer_stays_and_logits_hardly_move()
    {
        using var folder = new TemporaryFolder();
        await Gemma4ModelBuilder.BuildAsync(
            Checkpoint, folder.Path("built"), new() { ContextLength = 2048, KeyValuePrecision = ModelPrecision.Int8 });
        using var runner = new GraphRunner(folder.Path("built"));

        Assert.Equal([], NanoReference.Misses(runner));
        Assert.InRange(NanoReference.LargestLogitDifference(runner), Tolerance, RoundedTolerance);
        Assert.InRange(NanoReference.LargestDecodeDifference(runner), Tolerance, RoundedTolerance);
    }

    [Fact]
    public void The_committed_model_repeats_every_reference_answer()
    {
        using var runner = new GraphRunner(Path.Combine(TestData.Root, "src", "Gemma4.Nano", "model"));

        Assert.Equal([], NanoReference.Misses(runner));
    }

    [SharedFact]
    public async Task The_committed_model_is_what_the_builder_makes_of_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, folder.Path("built"), ShippedOptions);
        FolderAssert.Equal(Path.Combine(TestData.Root, "src", "Gemma4.Nano", "model"), folder.Path("built"));
    }
}
