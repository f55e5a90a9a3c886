using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Cli.Doctor;
using Gemma4.Models;
using Gemma4.Nano;

namespace Gemma4.Cli.Tests.Doctor;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gemma4-doctor-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task The_built_in_model_is_fine_and_runs()
    {
        var run = await CliRun.Of("doctor", "--load");

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.All(
            [".NET", "onnxruntime  1.", "CPUExecutionProvider", "4096 tokens", "in memory once loaded", "one token ran"],
            part => Assert.Contains(part, run.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("problem", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_model_is_a_problem_with_its_way_out_and_exit_code_1()
    {
        var run = await CliRun.Of("doctor", _root.FullName, "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.False(run.Json(0).GetProperty("ok").GetBoolean());
        var problem = run.Json(0).GetProperty("findings").EnumerateArray().Single(IsProblem);
        Assert.Contains("genai_config.json not found", problem.GetProperty("fact").GetString(), StringComparison.Ordinal);
        Assert.Contains("1 problem", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model/eos_token_id", "[1]", "lacks 106 and 50", "[1, 50, 106]")]
    [InlineData("model/eos_token_id", "106", "lacks 50", "[50, 106]")]
    [InlineData("model/decoder/sliding_window/slide_inputs", "true", "slide_inputs", "false")]
    [InlineData("model/decoder/sliding_window", "{}", "slide_key_value_cache", "false")]
    [InlineData("search/max_length", "999999", "999999", "4096")]
    public async Task What_the_native_runtime_would_trip_over_is_a_warning_with_the_fix(
        string path, string value, string fact, string fix)
    {
        var folder = CopyOfNano();
        Edit(Path.Combine(folder, "genai_config.json"), path, value);

        var run = await CliRun.Of("doctor", folder, "--json");

        Assert.Equal(0, run.ExitCode);
        var warning = run.Json(0).GetProperty("findings").EnumerateArray()
            .Single(finding => finding.GetProperty("severity").GetString() == "warning");
        Assert.Contains(fact, warning.GetProperty("fact").GetString(), StringComparison.Ordinal);
        Assert.Contains(fix, warning.GetProperty("fix").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_tokenizer_and_a_cut_off_weight_file_are_problems()
    {
        var foreign = CopyOfNano();
        Edit(Path.Combine(foreign, "genai_config.json"), "model/vocab_size", "4000");
        var cut = CopyOfNano("cut");
        using (var weights = File.OpenWrite(Path.Combine(cut, "model.onnx.data")))
        {
            weights.SetLength(weights.Length / 2);
        }

        var first = await CliRun.Of("doctor", foreign);
        var second = await CliRun.Of("doctor", cut);

        Assert.Equal(1, first.ExitCode);
        Assert.Contains("tokenizer.json has 4096 tokens, the model 4000", first.Output, StringComparison.Ordinal);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("cut off", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_holds_only_a_part_of_the_context_is_a_warning_and_too_little_a_problem()
    {
        var folder = Gemma4ModelFolder.Open(NanoModel.Directory);
        var plan = ModelMemoryPlan.Read(folder);
        var whole = plan.BytesFor(folder.ContextLength);

        Assert.Equal(Severity.Ok, ResourceChecks.CheckMemory(folder, plan, whole).Severity);
        var part = ResourceChecks.CheckMemory(folder, plan, plan.BytesFor(2500));
        Assert.Equal(Severity.Warning, part.Severity);
        Assert.Contains("about 2500 tokens", part.Fact, StringComparison.Ordinal);
        Assert.Contains("MaxContextTokens to 2000", part.Fix, StringComparison.Ordinal);
        Assert.Equal(Severity.Problem, ResourceChecks.CheckMemory(folder, plan, plan.BytesFor(900)).Severity);
    }

    private static bool IsProblem(JsonElement finding) => finding.GetProperty("severity").GetString() == "problem";

    private string CopyOfNano(string name = "model")
    {
        var folder = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(NanoModel.Directory))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    private static void Edit(string file, string path, string value)
    {
        var root = JsonNode.Parse(File.ReadAllText(file))!;
        var steps = path.Split('/');
        var parent = steps[..^1].Aggregate(root, (node, step) => node[step]!);
        parent[steps[^1]] = JsonNode.Parse(value);
        File.WriteAllText(file, root.ToJsonString());
    }
}
