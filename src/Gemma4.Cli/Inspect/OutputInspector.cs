using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma4.Cli.Json;
using Gemma4.Parsing;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Inspect;

/// <summary><c>{"input","tools","startsInside"}</c> to <c>{"content","reasoning","calls","errors"}</c>.</summary>
internal sealed partial class OutputInspector(Gemma4Tokenizer tokenizer) : ILineInspector
{
    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var startsInsideThought = line.OptionalText("startsInside") switch
        {
            null or "content" => false,
            "thought" => true,
            var other => throw new FormatException($"\"startsInside\" is \"{other}\"; content or thought was expected."),
        };
        var contents = new List<AIContent>();
        var parser = new ResponseParser(tokenizer, ToolReading.Tools(line), startsInsideThought);
        foreach (var id in Encode(line.RequiredText("input")))
        {
            parser.Append(id, contents);
        }

        parser.Complete(contents);
        Write(answer, contents, parser.ErrorCount);
    }

    // Ids would tell a call's opener from its spelling in prose; in a line of text only what follows can.
    private List<int> Encode(string input)
    {
        var ids = new List<int>();
        var start = 0;
        foreach (var opener in SpelledOpener().EnumerateMatches(input))
        {
            ids.AddRange(tokenizer.EncodeTemplate(input.AsSpan(start, opener.Index - start)));
            ids.AddRange(tokenizer.EncodeText(input.AsSpan(opener.Index, opener.Length)));
            start = opener.Index + opener.Length;
        }

        ids.AddRange(tokenizer.EncodeTemplate(input.AsSpan(start)));
        return ids;
    }

    private static void Write(Utf8JsonWriter answer, List<AIContent> contents, int errors)
    {
        answer.WriteString("content", Join<TextContent>(contents, part => part.Text));
        answer.WriteString("reasoning", Join<TextReasoningContent>(contents, part => part.Text));
        answer.WriteStartArray("calls");
        foreach (var call in contents.OfType<FunctionCallContent>().Where(call => call.Exception is null))
        {
            answer.WriteStartObject();
            answer.WriteString("name", call.Name);
            ValueWriting.WriteArguments(answer, call.Arguments);
            answer.WriteEndObject();
        }

        answer.WriteEndArray();
        answer.WriteNumber("errors", errors);
    }

    private static string Join<T>(List<AIContent> contents, Func<T, string> text)
    {
        var result = new StringBuilder();
        foreach (var part in contents.OfType<T>())
        {
            result.Append(text(part));
        }

        return result.ToString();
    }

    [GeneratedRegex(@"<\|tool_call>(?!\s*(?:call\s*:|:?\s*[\w.\-/]+\s*[{(]|[{\[<]|$))", RegexOptions.CultureInvariant)]
    private static partial Regex SpelledOpener();
}
