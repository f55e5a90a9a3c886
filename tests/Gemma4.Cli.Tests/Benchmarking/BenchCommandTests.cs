using System.Text.Json;

namespace Gemma4.Cli.Tests.Benchmarking;

public sealed class BenchCommandTests
{
    [Fact]
    public async Task Figures_come_as_one_JSON_object_with_every_key()
    {
        var run = await CliRun.Of("bench", "--prompt-tokens", "200", "--new-tokens", "5", "--runs", "2", "--threads", "1", "--json");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Single(run.Lines);
        var figures = run.Json(0);
        Assert.Equal("gemma4-nano", figures.GetProperty("model").GetString());
        Assert.Equal(200, figures.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(5, figures.GetProperty("new_tokens").GetInt32());
        Assert.All(
            ["prefill_tokens_per_second", "decode_tokens_per_second", "first_token_ms", "load_ms", "rss_mb"],
            key => Assert.True(figures.GetProperty(key).GetDouble() > 0, key));
    }

    [Fact]
    public async Task A_single_new_token_has_no_decode_speed()
    {
        var run = await CliRun.Of("bench", "--prompt-tokens", "1", "--new-tokens", "1", "--runs", "1", "--json");

        Assert.Equal(0, run.Json(0).GetProperty("decode_tokens_per_second").GetDouble());
        Assert.Equal(JsonValueKind.Number, run.Json(0).GetProperty("first_token_ms").ValueKind);
    }

    [Fact]
    public async Task Tokens_beyond_the_context_are_refused_before_anything_runs()
    {
        var run = await CliRun.Of("bench", "--prompt-tokens", "4096", "--new-tokens", "2");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("context of 4096", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_numbers_of_threads_are_compared_in_one_run()
    {
        var run = await CliRun.Of("bench", "--prompt-tokens", "3", "--new-tokens", "2", "--runs", "1", "--threads", "1,2", "--json");

        Assert.Equal(["gemma4-nano, 1 thread", "gemma4-nano, 2 threads"], run.Lines.Select((_, index) => run.Json(index).GetProperty("model").GetString()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("two")]
    [InlineData("1,,2")]
    public async Task A_number_of_threads_that_is_none_is_wrong_usage(string threads)
    {
        var run = await CliRun.Of("bench", "--threads", threads);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"'{threads}'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_read_a_table()
    {
        var run = await CliRun.Of("bench", "--prompt-tokens", "3", "--new-tokens", "2", "--runs", "1");

        Assert.Contains("tokens/s", run.Output, StringComparison.Ordinal);
        Assert.Contains("first token", run.Output, StringComparison.Ordinal);
    }
}
