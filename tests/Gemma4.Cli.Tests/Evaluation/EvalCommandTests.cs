
namespace Gemma4.Cli.Tests.Evaluation;

public sealed class EvalCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-eval-").FullName;

    public EvalCommandTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "possible_answer"));
        File.WriteAllText(Path.Combine(_folder, "BFCL_v4_simple_python.json"), """
            {"id":"simple_python_0","question":[[{"role":"user","content":"What is the weather in Paris?"}]],"function":[{"name":"get_weather","description":"Gets the current weather for a city.","parameters":{"type":"dict","properties":{"city":{"type":"string","description":"The city name"}},"required":["city"]}}]}
            {"id":"simple_python_1","question":[[{"role":"user","content":"What is the weather in Paris?"}]],"function":[{"name":"get_weather","description":"Gets the current weather for a city.","parameters":{"type":"dict","properties":{"city":{"type":"string","description":"The city name"}},"required":["city"]}}]}

            """);
        File.WriteAllText(Path.Combine(_folder, "possible_answer", "BFCL_v4_simple_python.json"), """
            {"id":"simple_python_0","ground_truth":[{"get_weather":{"city":["Paris"]}}]}
            {"id":"simple_python_1","ground_truth":[{"get_weather":{"city":["Rome"]}}]}

            """);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_demo_model_is_scored_question_by_question(bool guarded)
    {
        var run = await CliRun.Of(["eval", "bfcl", _folder, "--json", .. guarded ? ["--guard"] : Array.Empty<string>()]);

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.True(run.Json(0).GetProperty("right").GetBoolean());
        Assert.Equal("WrongValue", run.Json(1).GetProperty("error").GetString());
        Assert.Equal(0.5, run.Json(2).GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public async Task The_table_has_a_line_for_each_class_and_one_for_all()
    {
        var run = await CliRun.Of("eval", "bfcl", _folder, "--limit", "1");

        Assert.Equal(["simple_python            1 of     1  100.0 %", "all                      1 of     1  100.0 %"], run.Lines);
    }

    [Fact]
    public async Task A_folder_without_questions_is_wrong_usage()
    {
        var run = await CliRun.Of("eval", "bfcl", Directory.CreateDirectory(Path.Combine(_folder, "none")).FullName);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("holds no BFCL_v4_*.json", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_told_from_one_without_questions()
    {
        var run = await CliRun.Of("eval", "bfcl", Path.Combine(_folder, "none"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("none' does not exist", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_of_the_answers_is_not_that_of_the_questions()
    {
        var run = await CliRun.Of("eval", "bfcl", Path.Combine(_folder, "possible_answer"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("BFCL_v4_simple_python.json' holds a line that is no question", run.Error, StringComparison.Ordinal);
        Assert.Contains("simple_python_0", run.Error, StringComparison.Ordinal);
    }
}
