using System.Text.Json;
using Gemma4.Cli.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>One JSON object for each answer once it has ended; nothing else gets into the output.</summary>
/// <param name="streams">The output, and the error stream for the prompt of a conversation at the terminal.</param>
/// <param name="model">The model's id.</param>
/// <param name="writeMore">Writes further members of an answer.</param>
internal sealed class JsonDisplay(CliStreams streams, string model, Action<Utf8JsonWriter, ChatResponse>? writeMore = null) : IAnswerDisplay
{
    private const string Interrupted = "interrupted";

    public void Welcome(string model, IReadOnlyList<string> tools)
    {
    }

    public void Prompt(bool isContinued) => Tell(isContinued ? "... " : "> ");

    public void Leave() => Tell("\n");

    public void Explain(string text) => Tell(text + "\n");

    public void Show(IEnumerable<AIContent> contents)
    {
    }

    public void End(ChatResponse response, AnswerEnd end, TimeSpan time)
    {
        if (end != AnswerEnd.Failed)
        {
            WriteLine(JsonLine.Of(json => Write(json, response, end)));
        }
    }

    public void Fail(Exception problem) => WriteLine(JsonLine.OfError(problem));

    private void Tell(string text)
    {
        if (streams.IsInteractive)
        {
            streams.Error.Write(text);
        }
    }

    private void WriteLine(string line)
    {
        streams.Output.Write(line + "\n");
        streams.Output.Flush();
    }

    private void Write(Utf8JsonWriter json, ChatResponse response, AnswerEnd end)
    {
        AIContent[] contents = [.. response.Messages.SelectMany(message => message.Contents)];
        var reasoning = string.Concat(contents.OfType<TextReasoningContent>().Select(part => part.Text));
        json.WriteString("model", model);
        json.WriteString("answer", AnswerOf(response));
        json.WriteString("reasoning", reasoning.Length > 0 ? reasoning : null);
        WriteCalls(json, contents);
        writeMore?.Invoke(json, response);
        json.WriteString("finish_reason", end == AnswerEnd.Interrupted ? Interrupted : response.FinishReason?.Value);
        WriteUsage(json, response.Usage);
    }

    // What was said before a call and after its result are lines of their own, as people see them.
    private static string AnswerOf(ChatResponse response) =>
        string.Join('\n', response.Messages.Where(message => message.Role == ChatRole.Assistant).Select(message => message.Text).Where(text => text.Length > 0));

    private static void WriteCalls(Utf8JsonWriter json, AIContent[] contents)
    {
        json.WriteStartArray("calls");
        foreach (var call in contents.OfType<FunctionCallContent>())
        {
            json.WriteStartObject();
            json.WriteString("name", call.Name);
            ValueWriting.WriteArguments(json, call.Arguments);
            var result = contents.OfType<FunctionResultContent>().FirstOrDefault(result => result.CallId == call.CallId);
            if ((call.Exception ?? result?.Exception) is { } problem)
            {
                json.WriteString("error", CliApplication.OneLine(problem.Message));
            }
            else if (result is not null)
            {
                json.WritePropertyName("result");
                ValueWriting.Write(json, result.Result);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteUsage(Utf8JsonWriter json, UsageDetails? usage)
    {
        if (usage is null)
        {
            json.WriteNull("usage");
            return;
        }

        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", usage.InputTokenCount ?? 0);
        json.WriteNumber("output_tokens", usage.OutputTokenCount ?? 0);
        json.WriteNumber("cached_tokens", usage.CachedInputTokenCount ?? 0);
        json.WriteNumber("reasoning_tokens", usage.ReasoningTokenCount ?? 0);
        json.WriteEndObject();
    }
}
