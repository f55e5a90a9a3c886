using System.Text.Json;

namespace Gemma4.Cli.Tests.Inspect;

public sealed class InspectTests
{
    [Fact]
    public async Task Text_becomes_ids_and_control_tokens_only_where_asked()
    {
        var run = await CliRun.WithInput(
            """
            {"text":"Hello world"}
            {"text":"<|turn>"}
            {"text":"<|turn>","control":true}
            """,
            ["inspect", "tokens"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("""{"ids":[1732,678,895,2434]}""", run.Lines[0]);
        Assert.NotEqual("""{"ids":[105]}""", run.Lines[1]);
        Assert.Equal("""{"ids":[105]}""", run.Lines[2]);
    }

    [Fact]
    public async Task A_misspelt_switch_of_a_prompt_is_named()
    {
        var run = await CliRun.WithInput("""{"messages":[{"role":"user","content":"Hi"}],"options":{"add_generation_promt":true}}""", ["inspect", "prompt"]);

        Assert.Equal(
            "\"options\" has no \"add_generation_promt\". Did you mean 'add_generation_prompt'? It takes add_generation_prompt, enable_thinking, preserve_thinking.",
            run.Json(0).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Ids_become_raw_text()
    {
        const string text = "naïve café 日本語 😀 \"quoted\" \\ \n\t";
        var encoded = await CliRun.WithInput(JsonSerializer.Serialize(new { text }), ["inspect", "tokens"]);

        var decoded = await CliRun.WithInput(encoded.Output, ["inspect", "tokens", "--decode"]);

        Assert.Equal("{\"text\":\"naïve café 日本語 😀 \\\"quoted\\\" \\\\ \\n\\t\"}\n", decoded.Output);
    }

    [Fact]
    public async Task What_a_reader_may_take_for_the_end_of_a_line_is_escaped()
    {
        const string text = "a\u0085b\u2028c\u2029d";
        var encoded = await CliRun.WithInput(JsonSerializer.Serialize(new { text }), ["inspect", "tokens"]);

        var decoded = await CliRun.WithInput(encoded.Output, ["inspect", "tokens", "--decode"]);

        Assert.Equal("""{"text":"a\u0085b\u2028c\u2029d"}""" + "\n", decoded.Output);
        Assert.Equal(text, decoded.Json(0).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_make_a_bad_line_and_a_byte_order_mark_does_not()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. "{\"text\":\"ü\"}\r\n{\"text\":\""u8, 0xFF, .. "\"}\n{\"text\":\"ü\"}"u8];
        await File.WriteAllBytesAsync(file, bytes);
        try
        {
            var run = await CliRun.Of("inspect", "tokens", "--input", file);

            Assert.Equal(3, run.Lines.Length);
            Assert.StartsWith("{\"ids\":[", run.Lines[0], StringComparison.Ordinal);
            Assert.Contains("not UTF-8", run.Lines[1], StringComparison.Ordinal);
            Assert.Equal(run.Lines[0], run.Lines[2]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_bad_line_is_answered_in_its_place_and_the_rest_go_on()
    {
        string[] lines =
        [
            """{"text":"a"}""", "", "not json", "[1]", """{"text":7}""", """{"no":"text"}""", """{"text":"a","control":"yes"}""",
            "{\"text\":\"\\ud800\"}", """{"text":"a"}""",
        ];

        var run = await CliRun.WithInput(string.Join('\n', lines), ["inspect", "tokens"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(lines.Length, run.Lines.Length);
        Assert.Equal(run.Lines[0], run.Lines[^1]);
        Assert.StartsWith("{\"ids\":[", run.Lines[0], StringComparison.Ordinal);
        Assert.All(run.Lines[1..^1], line => Assert.StartsWith("{\"error\":\"", line, StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task An_id_outside_the_vocabulary_is_a_bad_line()
    {
        var run = await CliRun.WithInput("""{"ids":[1,4096]}""", ["inspect", "tokens", "--decode"]);

        Assert.Contains("\\\"ids\\\"[1] is 4096", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_come_from_a_file_and_a_tokenizer_alone_is_enough()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, """{"text":"<bos>","control":true}""");
        try
        {
            var run = await CliRun.Of(
                "inspect", "tokens", "--input", file, "--tokenizer", RepositoryData.Path("tiny", "e2b", "tokenizer.json"));

            Assert.Equal("{\"ids\":[2]}\n", run.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_prompt_has_the_defaults_of_the_template()
    {
        var run = await CliRun.WithInput(
            """
            {"messages":[{"role":"user","content":"Hello"}]}
            {"messages":[{"role":"user","content":"Hello"}],"options":{"add_generation_prompt":true}}
            {"messages":[{"role":"user","content":"Hello"}],"options":{"add_generation_prompt":true},"flavor":"large"}
            {"messages":[{"role":"user","content":"Hello"}],"flavor":"huge"}
            """,
            ["inspect", "prompt"]);

        Assert.Equal("<bos><|turn>user\nHello<turn|>\n", run.Json(0).GetProperty("text").GetString());
        Assert.Equal(
            """{"text":"<bos><|turn>user\nHello<turn|>\n<|turn>model\n","ids":[2,105,722,107,1732,106,107,105,734,107]}""",
            run.Lines[1]);
        Assert.EndsWith("<|channel>thought\n<channel|>", run.Json(2).GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("small or large", run.Json(3).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_reference_prompt_comes_out_canonical()
    {
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryData.Path("goldens", "chat-template.json")));
        var cases = goldens.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        var lines = cases.Select(item => JsonSerializer.Serialize(new
        {
            messages = item.GetProperty("messages"),
            tools = item.GetProperty("tools"),
            options = item.GetProperty("options"),
            flavor = item.GetProperty("template").GetString() == "large" ? "large" : "small",
            canonical = true,
        }));

        var run = await CliRun.WithInput(string.Join('\n', lines), ["inspect", "prompt"]);

        Assert.Equal(cases.Length, run.Lines.Length);
        for (var i = 0; i < cases.Length; i++)
        {
            var answer = run.Json(i);
            if (cases[i].TryGetProperty("expected", out var expected) && expected.ValueKind == JsonValueKind.String)
            {
                Assert.Equal(expected.GetString(), answer.GetProperty("text").GetString());
            }
            else
            {
                Assert.True(answer.TryGetProperty("error", out _), cases[i].GetProperty("id").GetString());
            }
        }
    }

    [Fact]
    public async Task Every_reference_output_is_taken_apart()
    {
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryData.Path("goldens", "tool-call-parser.json")));
        var cases = goldens.RootElement.GetProperty("cases").EnumerateArray().ToArray();

        var run = await CliRun.WithInput(
            string.Join('\n', cases.Select(item => JsonSerializer.Serialize(item))), ["inspect", "output"]);

        Assert.Equal(cases.Length, run.Lines.Length);
        for (var i = 0; i < cases.Length; i++)
        {
            Assert.True(
                JsonElement.DeepEquals(cases[i].GetProperty("expected"), run.Json(i)),
                $"{cases[i].GetProperty("id")}: {run.Lines[i]} instead of {cases[i].GetProperty("expected")}");
        }
    }

    [Fact]
    public async Task Logits_continue_as_the_reference_does()
    {
        using var reference = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryData.Path("nano", "reference.json")));
        // A gap under 0.01 between the two best logits may flip in other arithmetic.
        var prompts = reference.RootElement.GetProperty("prompts").EnumerateArray()
            .Where(prompt => prompt.GetProperty("smallest_top2_gap").GetDouble() > 0.01)
            .Take(6).ToArray();
        var lines = prompts.Select(prompt => JsonSerializer.Serialize(new
        {
            ids = prompt.GetProperty("ids"),
            greedy = prompt.GetProperty("greedy_ids").GetArrayLength(),
        }));

        var run = await CliRun.WithInput(string.Join('\n', lines), ["inspect", "logits"]);

        for (var i = 0; i < prompts.Length; i++)
        {
            var answer = run.Json(i);
            var greedy = prompts[i].GetProperty("greedy_ids");
            Assert.True(JsonElement.DeepEquals(greedy, answer.GetProperty("continuation")), run.Lines[i]);
            Assert.Equal(greedy[0].GetInt32(), answer.GetProperty("argmax").GetInt32());
            Assert.Equal(5, answer.GetProperty("top").GetArrayLength());
            Assert.Equal(greedy[0].GetInt32(), answer.GetProperty("top")[0][0].GetInt32());
            Assert.True(answer.GetProperty("top")[0][1].GetDouble() >= answer.GetProperty("top")[1][1].GetDouble());
        }
    }

    [Fact]
    public async Task Logits_without_greedy_have_an_empty_continuation_and_need_ids()
    {
        var run = await CliRun.WithInput("{\"ids\":[2,105]}\n{\"ids\":[]}\n{\"ids\":[2],\"greedy\":9000000}", ["inspect", "logits"]);

        Assert.Equal(0, run.Json(0).GetProperty("continuation").GetArrayLength());
        Assert.Contains("empty", run.Json(1).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("do not fit", run.Json(2).GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
