using System.Text.Json;

namespace Gemma4.Parsing;

/// <summary>One place in a function's JSON schema; the default value stands for "nothing is known".</summary>
internal readonly struct ParameterSchema
{
    // $ref may point in circles.
    private const int MaxHops = 8;

    private readonly JsonElement _root;
    private readonly JsonElement _node;

    public ParameterSchema(JsonElement root)
        : this(root, root)
    {
    }

    private ParameterSchema(JsonElement root, JsonElement node)
    {
        _root = root;
        _node = Resolve(root, node);
    }

    /// <summary>Whether only a string (or null) is allowed here.</summary>
    public bool IsString => IsStringNode(_root, _node, 0);

    public bool HasProperties => TryGet(_node, "properties", out var properties)
        && properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().MoveNext();

    public ParameterSchema Items => TryGet(_node, "items", out var items) ? new ParameterSchema(_root, items) : default;

    public bool Declares(string name) => TryGet(_node, "properties", out var properties) && TryGet(properties, name, out _);

    public ParameterSchema Property(string name)
    {
        if (TryGet(_node, "properties", out var properties) && TryGet(properties, name, out var property))
        {
            return new ParameterSchema(_root, property);
        }

        return TryGet(_node, "additionalProperties", out var additional) ? new ParameterSchema(_root, additional) : default;
    }

    private static bool TryGet(JsonElement node, string name, out JsonElement value)
    {
        value = default;
        return node.ValueKind == JsonValueKind.Object && node.TryGetProperty(name, out value);
    }

    private static bool IsStringNode(JsonElement root, JsonElement node, int hops)
    {
        node = Resolve(root, node);
        if (hops > MaxHops)
        {
            return false;
        }

        if (TryGet(node, "type", out var type))
        {
            return type.ValueKind == JsonValueKind.String
                ? type.ValueEquals("string")
                : type.ValueKind == JsonValueKind.Array && AllStrings(type);
        }

        if (TryGet(node, "enum", out var values) && values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0)
        {
            foreach (var value in values.EnumerateArray())
            {
                if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                {
                    return false;
                }
            }

            return true;
        }

        if (TryGet(node, "anyOf", out var branches) || TryGet(node, "oneOf", out branches))
        {
            var found = false;
            foreach (var branch in Elements(branches))
            {
                if (!IsNullType(branch))
                {
                    found = true;
                    if (!IsStringNode(root, branch, hops + 1))
                    {
                        return false;
                    }
                }
            }

            return found;
        }

        return TryGet(node, "const", out var constant) && constant.ValueKind == JsonValueKind.String;
    }

    private static bool AllStrings(JsonElement types)
    {
        var found = false;
        foreach (var type in types.EnumerateArray())
        {
            if (type.ValueKind != JsonValueKind.String || !(type.ValueEquals("string") || type.ValueEquals("null")))
            {
                return false;
            }

            found |= type.ValueEquals("string");
        }

        return found;
    }

    private static bool IsNullType(JsonElement node) =>
        TryGet(node, "type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("null");

    private static JsonElement.ArrayEnumerator Elements(JsonElement node) =>
        node.ValueKind == JsonValueKind.Array ? node.EnumerateArray() : default;

    // Follows $ref, and a union with one branch beside null.
    private static JsonElement Resolve(JsonElement root, JsonElement node)
    {
        for (var hop = 0; hop < MaxHops; hop++)
        {
            if (TryGet(node, "$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
            {
                if (!TryFollow(root, reference.GetString()!, out node))
                {
                    return default;
                }

                continue;
            }

            if (!TryGet(node, "anyOf", out var branches) && !TryGet(node, "oneOf", out branches))
            {
                return node;
            }

            JsonElement only = default;
            var count = 0;
            foreach (var branch in Elements(branches))
            {
                if (!IsNullType(branch))
                {
                    only = branch;
                    count++;
                }
            }

            if (count != 1)
            {
                return node;
            }

            node = only;
        }

        return default;
    }

    private static bool TryFollow(JsonElement root, string reference, out JsonElement target)
    {
        target = root;
        if (reference == "#")
        {
            return true;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var part in reference[2..].Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (!TryGet(target, name, out target))
            {
                return false;
            }
        }

        return true;
    }
}
