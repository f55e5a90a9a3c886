using System.Runtime.CompilerServices;
using System.Text.Json;
using Gemma4.Cli.Chat;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Tests.Chat;

public sealed class JsonChatTests
{
    private static readonly string[] Members = ["model", "answer", "reasoning", "calls", "finish_reason", "usage"];

    [Fact]
    public async Task One_question_gets_one_object_with_calls_results_and_usage()
    {
        var run = await CliRun.Of("chat", "--json", "--tools", "demo", "What is 17 plus 25?");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(run.Lines);
        var answer = run.Json(0);
        Assert.Equal(Members, answer.EnumerateObject().Select(member => member.Name));
        Assert.Equal("gemma4-nano", answer.GetProperty("model").GetString());
        Assert.Equal("The result is 42.", answer.GetProperty("answer").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("reasoning").ValueKind);
        Assert.Equal("""[{"name":"add","arguments":{"a":17,"b":25},"result":42}]""", answer.GetProperty("calls").GetRawText());
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
        var usage = answer.GetProperty("usage");
        Assert.Equal(["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"], usage.EnumerateObject().Select(member => member.Name));
        Assert.True(usage.GetProperty("input_tokens").GetInt32() > usage.GetProperty("cached_tokens").GetInt32());
        Assert.True(usage.GetProperty("output_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Thoughts_are_a_member_of_their_own()
    {
        var answer = (await CliRun.Of("chat", "--json", "--thinking", "What is the capital of France?")).Json(0);

        Assert.Equal("The capital of France is Paris.", answer.GetProperty("answer").GetString());
        Assert.Equal("No tool is needed.", answer.GetProperty("reasoning").GetString());
        Assert.True(answer.GetProperty("usage").GetProperty("reasoning_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task A_cut_off_answer_says_so_in_its_finish_reason()
    {
        var run = await CliRun.Of("chat", "--json", "--max-tokens", "2", "What is the capital of France?");

        Assert.Equal("length", run.Json(0).GetProperty("finish_reason").GetString());
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Lines_are_a_conversation_with_one_object_for_each_until_it_is_cleared()
    {
        var run = await CliRun.WithInput("Hello\n\nWhat is the capital of France?\n/clear\nHello\n/exit\nnever\n", ["chat", "--json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(3, run.Lines.Length);
        Assert.Equal("The capital of France is Paris.", run.Json(1).GetProperty("answer").GetString());
        int Input(int line) => run.Json(line).GetProperty("usage").GetProperty("input_tokens").GetInt32();
        Assert.True(Input(1) > Input(0));
        Assert.Equal(Input(0), Input(2));
    }

    [Fact]
    public async Task A_line_that_fails_is_answered_with_its_error_and_the_next_one_goes_on()
    {
        var tooLong = string.Concat(Enumerable.Repeat("word ", 6000));

        var run = await CliRun.WithInput($"{tooLong}\n/claer\nHello\n", ["chat", "--json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("the context holds 4096", run.Json(0).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("Did you mean '/clear'?", run.Json(1).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("Hello! How can I help you?", run.Json(2).GetProperty("answer").GetString());
    }

    [Fact]
    public async Task A_question_that_fails_leaves_the_output_empty()
    {
        var run = await CliRun.Of("chat", "--json", string.Concat(Enumerable.Repeat("word ", 6000)));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("the context holds 4096", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_lines_are_wrong_usage()
    {
        var run = await CliRun.WithInput("\n", ["chat", "--json"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task The_prompt_of_a_person_who_types_goes_to_the_error_stream()
    {
        using var input = new StringReader("Hello\n/exit\n");
        using var output = new StringWriter();
        using var error = new StringWriter();

        await CliApplication.RunAsync(["chat", "--json"], new CliStreams(input, output, error, IsInteractive: true), CancellationToken.None);

        Assert.StartsWith("{\"model\"", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("}\n", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("> > ", error.ToString());
    }

    [Fact]
    public async Task An_interrupted_answer_is_an_object_with_what_came()
    {
        using var cancelled = new CancellationTokenSource();
        using var output = new StringWriter();
        using var client = new HangingClient("Half an", cancelled);
        var display = new JsonDisplay(new CliStreams(TextReader.Null, output, TextWriter.Null), "toy");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Conversation(client, new ChatOptions(), display).AskAsync("Hello", cancelled.Token));

        Assert.Equal(
            """{"model":"toy","answer":"Half an","reasoning":null,"calls":[],"finish_reason":"interrupted","usage":null}""" + "\n",
            output.ToString());
    }

    [Fact]
    public void Control_characters_are_escaped_and_calls_that_failed_say_why()
    {
        using var output = new StringWriter();
        var call = new FunctionCallContent("1", "add", new Dictionary<string, object?> { ["a"] = "\u001b[2J" });
        ChatResponse response = new(
        [
            new ChatMessage(ChatRole.Assistant, [new TextContent("one\u001b]0;title\u0007"), call]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", null) { Exception = new InvalidOperationException("no\nnumber") }]),
            new ChatMessage(ChatRole.Assistant, "two\u009b\u2028"),
        ]);

        new JsonDisplay(new CliStreams(TextReader.Null, output, TextWriter.Null), "toy").End(response, AnswerEnd.Complete, TimeSpan.Zero);

        var line = output.ToString();
        Assert.Single(line, char.IsControl); // the end of the line
        Assert.Equal("one\u001b]0;title\u0007\ntwo\u009b\u2028", JsonElement.Parse(line).GetProperty("answer").GetString());
        Assert.Equal("no number", JsonElement.Parse(line).GetProperty("calls")[0].GetProperty("error").GetString());
        Assert.Equal("\u001b[2J", JsonElement.Parse(line).GetProperty("calls")[0].GetProperty("arguments").GetProperty("a").GetString());
    }

    /// <summary>Says one thing, is cancelled, and never ends by itself.</summary>
    private sealed class HangingClient(string text, CancellationTokenSource cancelled) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, text);
            await cancelled.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
