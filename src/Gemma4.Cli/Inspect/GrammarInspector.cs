using System.Text.Json;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Grammars;
using Gemma4.Sampling.Constraints.Matching;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Inspect;

/// <summary>
/// <c>{"schema"|"regex"|"grammar"|"choices"|"tools","text"}</c> to <c>{"accepted","prefix","at"}</c>: what a constraint
/// says to a text, byte by byte.
/// </summary>
internal sealed class GrammarInspector : ILineInspector
{
    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var text = line.RequiredText("text");
        var hasTools = line.Optional("tools") is not null;
        var root = hasTools ? Tools(line, out var warnings) : Constraint(line, out warnings);
        var (isAccepted, isPrefix, at) = new TextCheck(root).Run(text, hasTools);
        answer.WriteBoolean("accepted", isAccepted);
        answer.WriteBoolean("prefix", isPrefix);
        answer.WriteNumber("at", at);
        if (warnings.Count > 0)
        {
            answer.WriteStartArray("warnings");
            foreach (var warning in warnings)
            {
                answer.WriteStringValue(warning);
            }

            answer.WriteEndArray();
        }
    }

    private static GrammarNode Constraint(JsonElement line, out IReadOnlyList<string> warnings)
    {
        // A schema may also be true, false or (wrongly) null; only its absence means another kind of line.
        var constraint = line.TryGetProperty("schema", out var schema) ? Gemma4Constraint.JsonSchema(schema, IsStrict(line, true))
            : line.OptionalText("regex") is { } regex ? Gemma4Constraint.Regex(regex)
            : line.OptionalText("grammar") is { } grammar ? Gemma4Constraint.Grammar(grammar)
            : line.Optional("choices") is { ValueKind: JsonValueKind.Array } choices ? Gemma4Constraint.Choices(Texts(choices))
            : throw new FormatException("One of \"schema\", \"regex\", \"grammar\", \"choices\" and \"tools\" was expected.");
        warnings = constraint.Warnings;
        return constraint.Root;
    }

    private static GrammarNode Tools(JsonElement line, out IReadOnlyList<string> warnings)
    {
        ChatToolMode mode = line.OptionalText("toolMode") switch
        {
            null or "auto" => ChatToolMode.Auto,
            "none" => ChatToolMode.None,
            "required" or "any" => ChatToolMode.RequireAny,
            var name => ChatToolMode.RequireSpecific(name!),
        };
        var thought = line.OptionalText("thought") switch
        {
            null or "none" => ThoughtPrefix.None,
            "allowed" => ThoughtPrefix.Allowed,
            "open" => ThoughtPrefix.Open,
            var other => throw new FormatException($"\"thought\" is \"{other}\"; none, allowed or open was expected."),
        };
        var allowMultiple = line.Optional("allowMultiple") is not { ValueKind: JsonValueKind.False };
        return ToolCallConstraint.Build(
            ControlIds.Of(TextCheck.Controls), ToolReading.Tools(line), mode, allowMultiple, thought, IsStrict(line, false), out warnings);
    }

    private static bool IsStrict(JsonElement line, bool whenAbsent) =>
        line.Optional("strict") is null ? whenAbsent : line.Flag("strict");

    private static IEnumerable<string> Texts(JsonElement list)
    {
        foreach (var item in list.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw new FormatException("\"choices\" holds something that is not a string.");
        }
    }
}
