using System.Globalization;
using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>Folds references, combinations, type unions, constants and null branches of a schema into one level.</summary>
internal sealed class SchemaFlattener(JsonElement root)
{
    private static readonly JsonElement NoItems = JsonValues.Build(writer =>
    {
        writer.WriteStartArray();
        writer.WriteEndArray();
    });

    public FlatSchema Flatten(JsonElement schema, IReadOnlySet<string> ancestors)
    {
        var flat = new FlatSchema();
        flat.References.UnionWith(ancestors);
        Absorb(flat, schema, ancestors);
        return flat;
    }

    private static bool IsNullBranch(JsonElement branch) =>
        branch.ValueKind == JsonValueKind.Object
        && ((branch.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
                && type.ValueEquals("null"))
            || (branch.TryGetProperty("const", out var constant) && constant.ValueKind == JsonValueKind.Null));

    private static JsonElement.ArrayEnumerator Items(JsonElement list) =>
        (list.ValueKind == JsonValueKind.Array ? list : NoItems).EnumerateArray();

    private void Absorb(FlatSchema flat, JsonElement schema, IReadOnlySet<string> ancestors)
    {
        // Boolean schemas say nothing here: true allows anything, and false properties are left out by the caller.
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        AbsorbOwnKeywords(flat, schema);
        if (schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
        {
            Follow(flat, reference.GetString()!, ancestors);
        }

        if (schema.TryGetProperty("allOf", out var all))
        {
            foreach (var part in Items(all))
            {
                Absorb(flat, part, ancestors);
            }
        }

        foreach (var keyword in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (schema.TryGetProperty(keyword, out var branches))
            {
                AbsorbBranches(flat, branches, ancestors);
            }
        }
    }

    private static void AbsorbOwnKeywords(FlatSchema flat, JsonElement schema)
    {
        var hadTypes = flat.Types.Count > 0;
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "type" when !hadTypes:
                    AbsorbTypes(flat, keyword.Value);
                    break;
                case "properties" when keyword.Value.ValueKind == JsonValueKind.Object:
                    foreach (var property in keyword.Value.EnumerateObject())
                    {
                        flat.Properties.TryAdd(property.Name, property.Value);
                    }

                    break;
                case "required":
                    flat.Required.AddRange(Items(keyword.Value)
                        .Where(name => name.ValueKind == JsonValueKind.String && !flat.Required.Contains(name.GetString()!))
                        .Select(name => name.GetString()!).ToArray());
                    break;
                case "enum" when keyword.Value.ValueKind == JsonValueKind.Array:
                    AbsorbValues(flat, keyword.Value.EnumerateArray());
                    break;
                case "const":
                    AbsorbValues(flat, [keyword.Value]);
                    break;
                case "nullable":
                    flat.IsNullable |= keyword.Value.ValueKind == JsonValueKind.True;
                    break;
                default:
                    flat.Keywords.TryAdd(keyword.Name, keyword.Value);
                    break;
            }
        }
    }

    private static void AbsorbTypes(FlatSchema flat, JsonElement type)
    {
        IEnumerable<JsonElement> types = type.ValueKind == JsonValueKind.String ? [type] : Items(type);
        foreach (var one in types)
        {
            if (one.ValueKind != JsonValueKind.String)
            {
                continue;
            }

            var name = one.GetString()!.ToUpperInvariant();
            if (name == "NULL")
            {
                flat.IsNullable = true;
            }
            else if (!flat.Types.Contains(name))
            {
                flat.Types.Add(name);
            }
        }
    }

    private static void AbsorbValues(FlatSchema flat, IEnumerable<JsonElement> values)
    {
        var known = flat.Values is not null;
        foreach (var value in values)
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                flat.IsNullable = true;
            }
            else if (!known)
            {
                (flat.Values ??= []).Add(value);
            }
        }
    }

    /// <summary>
    /// One branch beside null is the schema itself; branches of constants are one enumeration; of other branches the
    /// first is declared and all are named in the description, because the format has no unions.
    /// </summary>
    private void AbsorbBranches(FlatSchema flat, JsonElement list, IReadOnlySet<string> ancestors)
    {
        var branches = Items(list).Where(branch => branch.ValueKind == JsonValueKind.Object).ToList();
        flat.IsNullable |= branches.RemoveAll(IsNullBranch) > 0;
        if (branches.Count == 0)
        {
            return;
        }

        var shapes = branches.Count > 1
            ? branches.ConvertAll(branch => FlattenBranch(branch, ancestors))
            : [];
        if (shapes.Count > 1 && shapes.TrueForAll(shape => shape.Values is not null))
        {
            flat.Values ??= shapes.SelectMany(shape => shape.Values!).ToList();
            flat.IsNullable |= shapes.Exists(shape => shape.IsNullable);
            var types = shapes.SelectMany(shape => shape.Types).Distinct(StringComparer.Ordinal);
            flat.Types.AddRange(flat.Types.Count == 0 ? types.ToArray() : []);
            return;
        }

        var names = shapes.Select(TypeName).Distinct(StringComparer.Ordinal).ToArray();
        if (names.Length > 1 && flat.Types.Count == 0)
        {
            flat.Notes.Add($"Accepts {string.Join(" or ", names)}.");
        }

        Absorb(flat, branches[0], ancestors);
    }

    private FlatSchema FlattenBranch(JsonElement branch, IReadOnlySet<string> ancestors)
    {
        // Looking at a branch must not look into its own unions again and again: its own level is enough to name it.
        var shape = new FlatSchema();
        AbsorbOwnKeywords(shape, branch);
        if (branch.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String
            && !ancestors.Contains(reference.GetString()!) && Resolve(reference.GetString()!) is
            { ValueKind: JsonValueKind.Object } target)
        {
            AbsorbOwnKeywords(shape, target);
        }

        return shape;
    }

    private static string TypeName(FlatSchema shape) => shape.InferType() switch
    {
        null => "any value",
        "ARRAY" when shape.Keywords.TryGetValue("items", out var items) && items.ValueKind == JsonValueKind.Object
            && items.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            => "array of " + type.GetString()!.ToLowerInvariant(),
        var type => type.ToLowerInvariant(),
    };

    private void Follow(FlatSchema flat, string reference, IReadOnlySet<string> ancestors)
    {
        if (Resolve(reference) is not { } target)
        {
            return;
        }

        if (ancestors.Contains(reference))
        {
            flat.IsRecursive = true;
            if (target.ValueKind == JsonValueKind.Object && target.TryGetProperty("type", out var type)
                && flat.Types.Count == 0)
            {
                AbsorbTypes(flat, type);
            }

            return;
        }

        if (flat.References.Add(reference))
        {
            Absorb(flat, target, ancestors);
        }
    }

    /// <summary>The target of a JSON pointer into this document; null for anything else.</summary>
    private JsonElement? Resolve(string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return null;
        }

        var found = root;
        foreach (var step in reference[1..].Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (found.ValueKind == JsonValueKind.Object && found.TryGetProperty(name, out var child))
            {
                found = child;
            }
            else if (found.ValueKind == JsonValueKind.Array
                && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < found.GetArrayLength())
            {
                found = found[index];
            }
            else
            {
                return null;
            }
        }

        return found;
    }
}
