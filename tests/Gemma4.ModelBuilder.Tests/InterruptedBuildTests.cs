namespace Gemma4.ModelBuilder.Tests;

/// <summary>Builds that fail, are cancelled or meet another build leave nothing, and what a killed one left is cleared.</summary>
public sealed class InterruptedBuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Checkpoint => TestData.Path("tiny", "e2b");

    private string Output => _folder.Path("built");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_disk_with_too_little_room_is_told_before_the_first_matrix()
    {
        var reports = new Reports();
        var error = await Assert.ThrowsAsync<IOException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, Output, new() { FreeSpace = _ => 1_234_567 }, reports));
        Assert.Contains("1,234,567 free", error.Message);
        Assert.Contains("needs 69,337,088", error.Message);
        Assert.Empty(reports.Values);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void The_free_space_of_a_real_folder_is_known() =>
        Assert.True(Folders.DiskSpace.Free(_folder.Root) > 0);

    [Fact]
    public async Task Progress_rises_to_the_size_of_the_weights()
    {
        var reports = new Reports();
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, new() { Precision = ModelPrecision.Int8 }, reports);
        var total = new FileInfo(Path.Combine(Output, "model.onnx.data")).Length;
        Assert.Equal(reports.Values.Select(r => r.Bytes).Order(), reports.Values.Select(r => r.Bytes));
        Assert.All(reports.Values, report => Assert.Equal(total, report.TotalBytes));
        Assert.Equal(total, reports.Values[^1].Bytes);
        Assert.Contains(reports.Values, report => report.Weight == "layers.3.mlp.up_proj");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_checkpoint_gives_the_same_bytes_on_any_number_of_threads(int workers)
    {
        var options = new ModelBuildOptions { Precision = ModelPrecision.Int4 };
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("expected"), options with { Workers = 2 });
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, options with { Workers = workers });
        FolderAssert.Equal(_folder.Path("expected"), Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(-1)]
    public async Task A_cancelled_build_leaves_nothing_wherever_it_was(int weights)
    {
        using var cancellation = new CancellationTokenSource();
        var count = 0;
        var progress = new Reports
        {
            Then = report =>
            {
                if (++count == weights || (weights < 0 && report.Bytes == report.TotalBytes))
                {
                    cancellation.Cancel();
                }
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, null, progress, cancellation.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task A_progress_that_throws_ends_the_build_with_its_error()
    {
        var progress = new Reports { Then = _ => throw new InvalidOperationException("mine") };
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, null, progress));
        Assert.Equal("mine", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Of_two_builds_of_one_folder_the_second_is_refused_and_the_first_goes_on()
    {
        Exception? second = null;
        var progress = new Reports
        {
            Then = _ => second ??= Record.ExceptionAsync(
                () => Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, new() { Overwrite = true })).GetAwaiter().GetResult(),
        };
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, Output, new() { Workers = 1 }, progress);
        Assert.IsType<IOException>(second);
        Assert.Contains("Another build is writing", second.Message);
        Assert.Contains(Output, second.Message);
        Assert.Equal([Output], Directory.EnumerateFileSystemEntries(_folder.Root));
        using var runner = new GraphRunner(Output);
        Assert.Equal(512, runner.Append([2, 5]).Length);
    }

    [Fact]
    public async Task What_a_killed_build_left_is_replaced()
    {
        Directory.CreateDirectory(Output + ".building");
        File.WriteAllText(Path.Combine(Output + ".building", "model.onnx.data"), "half");
        File.WriteAllText(Output + ".building.lock", "");
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, Output);
        Assert.Equal([Output], Directory.EnumerateFileSystemEntries(_folder.Root));
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("clean"));
        FolderAssert.Equal(_folder.Path("clean"), Output);
    }

    [Fact]
    public async Task A_replacement_killed_between_its_two_moves_does_not_cost_the_old_model()
    {
        Directory.CreateDirectory(Output + ".replaced");
        File.WriteAllText(Path.Combine(Output + ".replaced", "mine.txt"), "keep");
        var error = await Assert.ThrowsAsync<IOException>(() => Gemma4ModelBuilder.BuildAsync(Checkpoint, Output));
        Assert.Contains("not empty", error.Message);
        Assert.Equal("keep", File.ReadAllText(Path.Combine(Output, "mine.txt")));
        Assert.Equal([Output], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    private sealed class Reports : IProgress<ModelBuildProgress>
    {
        public List<ModelBuildProgress> Values { get; } = [];

        public Action<ModelBuildProgress>? Then { get; init; }

        public void Report(ModelBuildProgress value)
        {
            Values.Add(value);
            Then?.Invoke(value);
        }
    }
}
