using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Evaluation;

/// <summary>One call against one expected call.</summary>
internal static class SingleCallCheck
{
    public static CallVerdict Of(FunctionCallContent call, ExpectedCall expected, AIFunctionDeclaration tool)
    {
        if (call.Name != expected.Name)
        {
            return new CallVerdict(CallError.WrongName, $"{call.Name} instead of {expected.Name}");
        }

        Schema schema = Schema.Of(tool.JsonSchema);
        IDictionary<string, object?> arguments = call.Arguments ?? new Dictionary<string, object?>();
        if (schema.Required.FirstOrDefault(name => !arguments.ContainsKey(name)) is { } missing)
        {
            return new CallVerdict(CallError.MissingRequired, missing);
        }

        IReadOnlyDictionary<string, JsonElement> properties = schema.Properties;
        foreach ((string name, object? value) in arguments)
        {
            if (!properties.TryGetValue(name, out JsonElement property) || !expected.Arguments.TryGetValue(name, out IReadOnlyList<JsonElement>? possible))
            {
                return new CallVerdict(CallError.UnexpectedParameter, name);
            }

            if (Argument(PythonValue.Of(value), schema.With(property), possible) is not CallError.None and var error)
            {
                return new CallVerdict(error, name);
            }
        }

        string? forgotten = expected.Arguments
            .Where(entry => !arguments.ContainsKey(entry.Key) && !entry.Value.Any(PythonValue.IsEmptyText))
            .Select(entry => entry.Key)
            .FirstOrDefault();
        return forgotten is null ? CallVerdict.Right : new CallVerdict(CallError.MissingOptional, forgotten);
    }

    private static CallError Argument(JsonNode? value, Schema schema, IReadOnlyList<JsonElement> possible)
    {
        string expected = PythonValue.TypeOf(schema);
        string? nested = expected == "list" && schema.Get("items") is { ValueKind: JsonValueKind.Object } items
            ? PythonValue.TypeOf(schema.With(items))
            : null;
        if (expected == "float" && PythonValue.TypeOf(value) == "int")
        {
            value = JsonNode.Parse(value!.ToJsonString() + ".0");
        }

        if (!TypeFits(value, possible, expected, nested, out bool isVariable))
        {
            return CallError.WrongType;
        }

        bool isRight = (isVariable, expected, nested) switch
        {
            (false, "dict", _) => Objects(possible).Any(entry => DictionaryFits((JsonObject)value!, entry)),
            (false, "list", "dict") => possible.Any(entry => ListOfDictionariesFits((JsonArray)value!, entry)),
            (false, "str", _) => Contains(possible, PythonValue.Standardised(value)),
            (false, "list", _) => possible.Any(entry => entry.ValueKind == JsonValueKind.Array
                && PythonValue.AreEqual(StandardisedItems((JsonArray)value!), StandardisedItems((JsonArray)PythonValue.Node(entry)!))),
            _ => possible.Any(entry => PythonValue.AreEqual(PythonValue.Node(entry), value)),
        };
        return isRight ? CallError.None : CallError.WrongValue;
    }

    /// <summary>
    /// The schema's type, or that of the right answers where those differ from it: a variable's name may stand for a value.
    /// </summary>
    private static bool TypeFits(JsonNode? value, IReadOnlyList<JsonElement> possible, string expected, string? nested, out bool isVariable)
    {
        string? answered = possible.Where(entry => !PythonValue.IsEmptyText(entry)).Select(entry => PythonValue.TypeOf(PythonValue.Node(entry))).FirstOrDefault();
        isVariable = answered is not null && answered != expected;
        string actual = PythonValue.TypeOf(value);
        if (actual == expected)
        {
            return nested is null || possible.Any(entry => ItemsFit((JsonArray)value!, entry, nested));
        }

        if (answered is not null && actual == answered)
        {
            isVariable = true;
            return true;
        }

        return false;
    }

    private static bool ItemsFit(JsonArray value, JsonElement possible, string nested)
    {
        // As upstream: right answers that are no lists do not speak about items.
        if (possible.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        JsonElement[] items = [.. possible.EnumerateArray()];
        return value.All(item => TypeFits(item, items, nested, null, out _));
    }

    private static bool DictionaryFits(JsonObject value, JsonElement possible)
    {
        foreach ((string name, JsonNode? member) in value)
        {
            if (!possible.TryGetProperty(name, out JsonElement right) || !Contains(Items(right), PythonValue.Standardised(member)))
            {
                return false;
            }
        }

        return possible.EnumerateObject().All(member => value.ContainsKey(member.Name) || Items(member.Value).Any(PythonValue.IsEmptyText));
    }

    private static bool ListOfDictionariesFits(JsonArray value, JsonElement possible)
    {
        if (possible.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        JsonElement[] entries = [.. possible.EnumerateArray()];
        return entries.Length == value.Count && value.Zip(entries).All(pair =>
            pair.First is JsonObject members && pair.Second.ValueKind == JsonValueKind.Object && DictionaryFits(members, pair.Second));
    }

    private static IEnumerable<JsonElement> Objects(IReadOnlyList<JsonElement> possible) =>
        possible.Where(entry => entry.ValueKind == JsonValueKind.Object);

    private static JsonElement[] Items(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [list];

    private static bool Contains(IEnumerable<JsonElement> possible, JsonNode? value) =>
        possible.Any(entry => PythonValue.AreEqual(StandardisedDeep(PythonValue.Node(entry)), StandardisedDeep(value)));

    private static JsonNode? StandardisedDeep(JsonNode? value) => value is JsonArray items ? StandardisedItems(items) : PythonValue.Standardised(value);

    private static JsonArray StandardisedItems(JsonArray items) =>
        new([.. items.Select(item => PythonValue.Standardised(item)?.DeepClone())]);
}
