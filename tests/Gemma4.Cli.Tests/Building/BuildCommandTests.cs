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
    public async Task Precisions_reach_the_folder_and_what_was_left_out_is_told()
    {
        var root = Directory.CreateTempSubdirectory("gemma4-cli-");
        try
        {
            var folder = Path.Combine(root.FullName, "model");
            string[] build = ["build", RepositoryData.Path("tiny", "e2b"), folder, "--overwrite", "--precision"];

            var half = await CliRun.Of([.. build, "fp16"]);
            var halfCard = await File.ReadAllTextAsync(Path.Combine(folder, "README.md"));
            var four = await CliRun.Of([.. build, "int4", "--embedding-precision", "fp16", "--block-size", "16"]);
            var fourCard = await File.ReadAllTextAsync(Path.Combine(folder, "README.md"));
            var wrong = await CliRun.Of([.. build, "int3"]);

            Assert.True(half.ExitCode == 0, half.Error);
            Assert.Contains("note: ", half.Error, StringComparison.Ordinal);
            Assert.Contains("| precision | Float16 |", halfCard, StringComparison.Ordinal);
            Assert.True(four.ExitCode == 0, four.Error);
            Assert.Contains("| precision | Int4 |", fourCard, StringComparison.Ordinal);
            Assert.Contains("| embedding and head | Float16 |", fourCard, StringComparison.Ordinal);
            Assert.NotEqual(0, wrong.ExitCode);
            Assert.Contains("fp16", wrong.Error, StringComparison.Ordinal);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Caches_of_8_bits_are_built_run_and_shown()
    {
        var root = Directory.CreateTempSubdirectory("gemma4-cli-");
        try
        {
            var folder = Path.Combine(root.FullName, "model");

            var build = await CliRun.Of("build", RepositoryData.Path("tiny", "e2b"), folder, "--kv-precision", "int8");
            var logits = await CliRun.WithInput("""{"ids":[2,5],"greedy":2}""", ["inspect", "logits", "--model", folder]);
            var doctor = await CliRun.Of("doctor", folder);

            Assert.True(build.ExitCode == 0, build.Error);
            Assert.Equal(2, logits.Json(0).GetProperty("continuation").GetArrayLength());
            Assert.Contains(", full attention in 8 bits", doctor.Output, StringComparison.Ordinal);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_missing_checkpoint_is_named()
    {
        var run = await CliRun.Of("build", "no/such/checkpoint", Path.Combine(Path.GetTempPath(), "gemma4-never-made"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no/such/checkpoint", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Did you mean 'e2b'?", "--random", "e2c", "out")]
    [InlineData("takes the place of CHECKPOINT", "--random", "e2b", "checkpoint", "out")]
    [InlineData("needs CHECKPOINT OUT, or --random SIZE OUT", "out")]
    [InlineData("'--layers' works with '--random' only", "checkpoint", "out", "--layers", "2")]
    [InlineData("'--seed' works with '--random' only", "checkpoint", "out", "--seed", "2")]
    [InlineData("'--layers' takes a whole number of 1 or more", "--random", "e2b", "out", "--layers", "0")]
    [InlineData("'--random' needs a value", "out", "--random")]
    [InlineData("'--kv-precision int8' goes with", "checkpoint", "out", "--kv-precision", "int8", "--kv", "full")]
    [InlineData("'--kv-precision int8' goes with", "checkpoint", "out", "--kv-precision", "int8", "--layout", "multi-model")]
    [InlineData("fp32, int8", "checkpoint", "out", "--kv-precision", "int4")]
    public async Task Words_that_do_not_go_together_are_refused(string part, params string[] words)
    {
        var run = await CliRun.Of(["build", .. words]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_depth_beyond_the_size_names_both()
    {
        var run = await CliRun.Of("build", "--random", "e2b", "--layers", "36", Path.Combine(Path.GetTempPath(), "gemma4-never-made"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("E2B has 35", run.Error, StringComparison.Ordinal);
    }
}
