namespace Gemma4.Cli.Tests.Building;

public sealed class BuildCommandTests
{
    [Fact]
    public async Task A_built_folder_can_be_inspected_and_is_replaced_only_on_demand()
    {
        var root = Directory.CreateTempSubdirectory("gemma4-cli-");
        try
        {
            var folder = Path.Combine(root.FullName, "model");
            string[] build = ["build", RepositoryData.Path("tiny", "e2b"), folder];

            var first = await CliRun.Of(build);
            var second = await CliRun.Of(build);
            var third = await CliRun.Of([.. build, "--overwrite", "--precision", "int8", "--context", "256"]);
            var logits = await CliRun.WithInput("""{"ids":[2,5],"greedy":2}""", ["inspect", "logits", "--model", folder]);

            Assert.True(first.ExitCode == 0, first.Error);
            Assert.Equal(1, second.ExitCode);
            Assert.Contains(folder, second.Error, StringComparison.Ordinal);
            Assert.Contains("--overwrite", second.Error, StringComparison.Ordinal);
            Assert.True(third.ExitCode == 0, third.Error);
            Assert.Equal(2, logits.Json(0).GetProperty("continuation").GetArrayLength());
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("multi-model", "decoder/model.onnx")]
    [InlineData("transformers-js", "onnx/decoder_model_merged.onnx")]
    public async Task Other_layouts_are_built_and_run(string layout, string graph)
    {
        var root = Directory.CreateTempSubdirectory("gemma4-cli-");
        try
        {
            var folder = Path.Combine(root.FullName, "model");

            var build = await CliRun.Of("build", RepositoryData.Path("tiny", "e2b"), folder, "--layout", layout);
            var logits = await CliRun.WithInput("""{"ids":[2,5],"greedy":2}""", ["inspect", "logits", "--model", folder]);

            Assert.True(build.ExitCode == 0, build.Error);
            Assert.DoesNotContain(": 0.0 MB", build.Output, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(folder, graph)));
            Assert.Equal(2, logits.Json(0).GetProperty("continuation").GetArrayLength());
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_context_limit_does_not_go_with_the_layout_that_knows_none()
    {
        var run = await CliRun.Of("build", "checkpoint", "out", "--layout", "transformers-js", "--context", "64");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'--context' does not go with", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_checkpoint_is_named()
    {
        var run = await CliRun.Of("build", "no/such/checkpoint", Path.Combine(Path.GetTempPath(), "gemma4-never-made"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no/such/checkpoint", run.Error, StringComparison.Ordinal);
    }
}
