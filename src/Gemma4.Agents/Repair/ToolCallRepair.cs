using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Repair;

/// <summary>
/// Reads calls against the declared tools. A fault is mended only when one reading alone fits name and schema; else the
/// reading says what is wrong. Free text, and numbers that fit, are never touched.
/// </summary>
public static class ToolCallRepair
{
    // What a model may wrap all arguments in.
    private static readonly string[] Wrappers = ["arguments", "args", "parameters", "params", "input", "kwargs"];
    private static readonly string[] NameKeys = ["name", "function", "tool", "tool_name"];
    private const int NearestTools = 3;

    // A longer list of names helps nobody to choose.
    private const int ListedTools = 20;

    /// <summary>Reads a call, mending what is unambiguous.</summary>
    /// <param name="call">The model's call; it is not changed.</param>
    /// <param name="tools">The tools declared to the model.</param>
    public static CallReading Read(FunctionCallContent call, IEnumerable<AITool> tools)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(tools);
        Dictionary<string, AIFunctionDeclaration> declared = Declared(tools);
        RepairLog log = new();
        if (NearName.Resolve(call.Name ?? "", declared.Keys) is not { } name)
        {
            return new CallReading(null, null, [], [new ArgumentFault("", UnknownTool(call.Name ?? "", declared.Keys))]);
        }

        AIFunctionDeclaration tool = declared[name];
        if (name != call.Name)
        {
            log.Repaired("", $"tool '{call.Name}' read as '{name}'");
        }

        if (call.Exception is { } unreadable && call.Arguments is null)
        {
            log.Faulty("", $"The arguments could not be read ({unreadable.Message}); write them as one JSON object.");
            return new CallReading(null, tool, log.Repairs, log.Faults);
        }

        if (ToJson(call.Arguments) is not { } given)
        {
            log.Faulty("", "The arguments are no JSON object with distinct names.");
            return new CallReading(null, tool, log.Repairs, log.Faults);
        }

        return Mended(call, tool, Unwrapped(given, tool, log), log);
    }

    /// <summary>Finds a call that the model wrote as text instead of calling: a JSON object with a tool's name and arguments.</summary>
    /// <param name="text">The whole text of an answer.</param>
    /// <param name="callId">The id that the call gets.</param>
    /// <param name="tools">The tools declared to the model.</param>
    /// <returns>The valid call; null when the text is none, or could be more than one.</returns>
    public static CallReading? ReadText(string text, string callId, IEnumerable<AITool> tools)
    {
        ArgumentNullException.ThrowIfNull(text);
        AITool[] offered = [.. tools];
        CallReading[] readings = [.. LenientJson.Read(text)
            .Select(node => node is JsonArray { Count: 1 } list ? list[0] : node)
            .OfType<JsonObject>()
            .Select(node => FromJson(node, callId, offered))
            .OfType<CallReading>()
            .Where(reading => reading.IsValid)
            .DistinctBy(reading => CanonicalCall.Of(reading.Call!), StringComparer.Ordinal)];
        return readings is [var only] ? only with { Repairs = ["text read as a call", .. only.Repairs] } : null;
    }

    private static CallReading? FromJson(JsonObject node, string callId, AITool[] tools)
    {
        string? nameKey = NameKeys.FirstOrDefault(key => node[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String);
        string? argumentsKey = Wrappers.FirstOrDefault(node.ContainsKey);
        if (nameKey is null || argumentsKey is null || node.Count != 2)
        {
            return null;
        }

        Dictionary<string, object?> arguments = node[argumentsKey] is JsonObject members
            ? members.ToDictionary(member => member.Key, member => (object?)ToElement(member.Value), StringComparer.Ordinal)
            : new() { [argumentsKey] = ToElement(node[argumentsKey]) };
        return Read(new FunctionCallContent(callId, node[nameKey]!.GetValue<string>(), arguments), tools);
    }

    private static CallReading Mended(FunctionCallContent call, AIFunctionDeclaration tool, JsonObject given, RepairLog log)
    {
        Schema schema = Schema.Of(tool.JsonSchema);
        // Tools without a schema take what comes.
        JsonNode? mended = schema.Node.ValueKind == JsonValueKind.Object ? new ValueRepair(log).Mend(given.DeepClone(), schema, "") : given;
        if (log.Faults.Count > 0 || mended is not JsonObject arguments)
        {
            return new CallReading(null, tool, log.Repairs, log.Faults);
        }

        if (log.Repairs.Count == 0)
        {
            return new CallReading(call, tool, [], []);
        }

        Dictionary<string, object?> values = new(StringComparer.Ordinal);
        foreach ((string name, JsonNode? value) in arguments)
        {
            object? original = null;
            bool isSame = call.Arguments?.TryGetValue(name, out original) == true && JsonNode.DeepEquals(given[name], value);
            values[name] = isSame ? original : ToElement(value);
        }

        FunctionCallContent result = new(call.CallId, tool.Name, values)
        {
            AdditionalProperties = call.AdditionalProperties,
            RawRepresentation = call.RawRepresentation,
        };
        return new CallReading(result, tool, log.Repairs, []);
    }

    private static JsonObject Unwrapped(JsonObject given, AIFunctionDeclaration tool, RepairLog log)
    {
        if (given.Count != 1)
        {
            return given;
        }

        (string key, JsonNode? value) = given.First();
        if (!Wrappers.Contains(key) || Schema.Of(tool.JsonSchema).Properties.ContainsKey(key))
        {
            return given;
        }

        JsonNode? inner = value is JsonValue text && text.GetValueKind() == JsonValueKind.String
            ? LenientJson.Read(text.GetValue<string>()) is [JsonObject only] ? only : null
            : value;
        if (inner is not JsonObject arguments)
        {
            return given;
        }

        log.Repaired("", $"arguments taken out of '{key}'");
        return (JsonObject)arguments.DeepClone();
    }

    private static JsonObject? ToJson(IDictionary<string, object?>? arguments)
    {
        JsonObject result = [];
        try
        {
            foreach ((string name, object? value) in arguments ?? new Dictionary<string, object?>())
            {
                JsonNode? node = CanonicalCall.ToNode(value);
                _ = node?.ToJsonString(); // Finds repeated names inside.
                _ = (node as JsonObject)?.Count;
                result[name] = node;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or JsonException or NotSupportedException)
        {
            return null;
        }

        return result;
    }

    private static JsonElement? ToElement(JsonNode? node) => node is null ? null : JsonElement.Parse(node.ToJsonString());

    private static Dictionary<string, AIFunctionDeclaration> Declared(IEnumerable<AITool> tools)
    {
        Dictionary<string, AIFunctionDeclaration> declared = new(StringComparer.Ordinal);
        foreach (AIFunctionDeclaration tool in tools.OfType<AIFunctionDeclaration>())
        {
            declared.TryAdd(tool.Name, tool);
        }

        return declared;
    }

    private static string UnknownTool(string given, Dictionary<string, AIFunctionDeclaration>.KeyCollection names)
    {
        if (names.Count == 0)
        {
            return "There are no tools.";
        }

        IReadOnlyList<string> near = NearName.Nearest(given, names, NearestTools);
        string hint = near.Count > 0 ? $" Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?" : "";
        return $"There is no tool '{given}'.{hint} The tools are: {string.Join(", ", names.Take(ListedTools))}{(names.Count > ListedTools ? ", ..." : "")}.";
    }
}
