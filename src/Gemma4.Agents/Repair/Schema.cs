using System.Text.Json;

namespace Gemma4.Agents.Repair;

/// <summary>A node of a tool's JSON schema with the document it may refer to.</summary>
internal readonly record struct Schema(JsonElement Node, JsonElement Root)
{
    // A reference to itself must end somewhere.
    private const int MaxReferences = 16;

    public static Schema Of(JsonElement root) => new(root, root);

    public Schema With(JsonElement node) => new Schema(node, Root).Resolved();

    public JsonElement? Get(string keyword) =>
        Node.ValueKind == JsonValueKind.Object && Node.TryGetProperty(keyword, out JsonElement value) ? value : null;

    public IReadOnlyList<string> Types => Get("type") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Select(type => type.ToString())],
        _ => Get("properties") is not null ? ["object"] : [],
    };

    public IReadOnlyList<Schema> Branches
    {
        get
        {
            Schema self = this;
            return (Get("anyOf") ?? Get("oneOf")) is { ValueKind: JsonValueKind.Array } list
                ? [.. list.EnumerateArray().Select(self.With)]
                : [];
        }
    }

    public IReadOnlyList<JsonElement>? Enumeration =>
        Get("enum") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()]
        : Get("const") is { } only ? [only]
        : null;

    public IReadOnlyDictionary<string, JsonElement> Properties =>
        Get("properties") is { ValueKind: JsonValueKind.Object } map
            ? map.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal)
            : new Dictionary<string, JsonElement>();

    public IReadOnlyList<string> Required =>
        Get("required") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(name => name.ToString())] : [];

    // A tool without declared properties takes any; one that declares some takes no others unless it says so.
    public bool IsOpen =>
        Get("additionalProperties") is { } more ? more.ValueKind is JsonValueKind.True or JsonValueKind.Object : Properties.Count == 0;

    public double? Number(string keyword) => Get(keyword) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private Schema Resolved()
    {
        Schema current = this;
        for (int i = 0; i < MaxReferences && current.Get("$ref") is { ValueKind: JsonValueKind.String } reference; i++)
        {
            JsonElement target = Root;
            foreach (string part in reference.GetString()!.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                string name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(name, out target))
                {
                    return current;
                }
            }

            current = new Schema(target, Root);
        }

        return current;
    }
}
