using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>Reads a schema document of draft 7, 2019-09 or 2020-12 with references within it. Serves one document.</summary>
internal sealed class SchemaReader(JsonElement document)
{
    private static readonly string[] Drafts = ["json-schema.org/draft/2020-12/schema", "json-schema.org/draft/2019-09/schema", "json-schema.org/draft-07/schema"];

    private readonly Dictionary<string, SchemaNode> _nodes = new(StringComparer.Ordinal); // JSON pointer -> schema
    private readonly List<(SchemaNode From, string Pointer)> _references = [];

    public SchemaNode Read()
    {
        var root = Read(document, "#");
        // A place that is read for a reference may hold further ones.
        for (var index = 0; index < _references.Count; index++)
        {
            var (from, pointer) = _references[index];
            from.Reference = _nodes.TryGetValue(pointer, out var known) ? known : Read(SchemaPointer.Find(document, pointer), pointer);
        }

        ThrowIfEndless();
        return root;
    }

    private SchemaNode Read(JsonElement schema, string at)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return _nodes[at] = new SchemaNode { AllowsNothing = schema.ValueKind == JsonValueKind.False };
        }

        Require(schema.ValueKind == JsonValueKind.Object, "", at, "an object, true or false");
        var node = _nodes[at] = new SchemaNode();
        foreach (var keyword in schema.EnumerateObject())
        {
            if (!Any(node, keyword.Name, keyword.Value, at) && !Value(node, keyword.Name, keyword.Value, at) && !Nested(node, keyword.Name, keyword.Value, at))
            {
                throw new NotSupportedException(
                    $"The JSON schema has the keyword '{keyword.Name}' at '{at}', which is not checked here. Remove it, or check the value in Detectors.MalformedJson.");
            }
        }

        return node;
    }

    // Keywords that check nothing, or only tell how to read the document.
    private static bool Any(SchemaNode node, string keyword, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "title" or "description" or "default" or "examples" or "deprecated" or "readOnly" or "writeOnly"
                or "$comment" or "format" or "contentEncoding" or "contentMediaType" or "contentSchema":
                return true;
            case "$id" when at == "#":
                return true;
            case "$schema":
                var draft = Text(value, keyword, at);
                return Drafts.Any(known => draft.TrimEnd('#').EndsWith("://" + known, StringComparison.Ordinal))
                    ? true
                    : throw new NotSupportedException($"The JSON schema is one of '{draft}'. Draft 7, 2019-09 and 2020-12 are checked here.");
            case "type":
                node.Types = Types(value, at);
                return true;
            case "const":
                node.Constant = value;
                return true;
            case "enum":
                Require(value.ValueKind == JsonValueKind.Array, keyword, at, "an array");
                node.Enumeration = [.. value.EnumerateArray()];
                return true;
            default:
                return false;
        }
    }

    private static bool Value(SchemaNode node, string keyword, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "minimum":
                node.Numbers.Minimum = Number(value, keyword, at);
                return true;
            case "maximum":
                node.Numbers.Maximum = Number(value, keyword, at);
                return true;
            case "exclusiveMinimum":
                node.Numbers.ExclusiveMinimum = Number(value, keyword, at);
                return true;
            case "exclusiveMaximum":
                node.Numbers.ExclusiveMaximum = Number(value, keyword, at);
                return true;
            case "multipleOf":
                node.Numbers.MultipleOf = Number(value, keyword, at);
                Require(value.GetDouble() > 0, keyword, at, "more than 0");
                return true;
            case "minLength":
                node.Strings.MinLength = Count(value, keyword, at);
                return true;
            case "maxLength":
                node.Strings.MaxLength = Count(value, keyword, at);
                return true;
            case "pattern":
                node.Strings.Pattern = Pattern(Text(value, keyword, at), at);
                return true;
            case "minItems":
                node.Arrays.MinItems = Count(value, keyword, at);
                return true;
            case "maxItems":
                node.Arrays.MaxItems = Count(value, keyword, at);
                return true;
            case "minContains":
                node.Arrays.MinContains = Count(value, keyword, at);
                return true;
            case "maxContains":
                node.Arrays.MaxContains = Count(value, keyword, at);
                return true;
            case "uniqueItems":
                Require(value.ValueKind is JsonValueKind.True or JsonValueKind.False, keyword, at, "true or false");
                node.Arrays.UniqueItems = value.GetBoolean();
                return true;
            case "minProperties":
                node.Objects.MinProperties = Count(value, keyword, at);
                return true;
            case "maxProperties":
                node.Objects.MaxProperties = Count(value, keyword, at);
                return true;
            case "required":
                node.Objects.Required = Texts(value, keyword, at);
                return true;
            case "dependentRequired":
                foreach (var (name, names) in Members(value, keyword, at))
                {
                    node.Objects.DependentRequired[name] = Texts(names, keyword, at);
                }

                return true;
            default:
                return false;
        }
    }

    private bool Nested(SchemaNode node, string keyword, JsonElement value, string at)
    {
        var below = $"{at}/{keyword}";
        switch (keyword)
        {
            case "$ref":
                _references.Add((node, SchemaPointer.Normalise(Text(value, keyword, at), at)));
                return true;
            case "$defs" or "definitions":
                foreach (var (name, schema) in Members(value, keyword, at))
                {
                    Read(schema, $"{below}/{SchemaPointer.Escape(name)}");
                }

                return true;
            case "allOf":
                node.AllOf = List(value, keyword, at);
                return true;
            case "anyOf":
                node.AnyOf = List(value, keyword, at);
                return true;
            case "oneOf":
                node.OneOf = List(value, keyword, at);
                return true;
            case "not":
                node.Not = Read(value, below);
                return true;
            case "if":
                node.If = Read(value, below);
                return true;
            case "then":
                node.Then = Read(value, below);
                return true;
            case "else":
                node.Else = Read(value, below);
                return true;
            case "prefixItems":
                node.Arrays.PrefixItems = List(value, keyword, at);
                return true;
            case "items":
                Require(value.ValueKind != JsonValueKind.Array, keyword, at, "one schema; the list of draft 7 is called prefixItems now");
                node.Arrays.Items = Read(value, below);
                return true;
            case "contains":
                node.Arrays.Contains = Read(value, below);
                return true;
            case "properties":
                foreach (var (name, schema) in Members(value, keyword, at))
                {
                    node.Objects.Properties[name] = Read(schema, $"{below}/{SchemaPointer.Escape(name)}");
                }

                return true;
            case "patternProperties":
                foreach (var (name, schema) in Members(value, keyword, at))
                {
                    node.Objects.PatternProperties.Add((Pattern(name, at), Read(schema, $"{below}/{SchemaPointer.Escape(name)}")));
                }

                return true;
            case "additionalProperties":
                node.Objects.AdditionalProperties = Read(value, below);
                return true;
            case "propertyNames":
                node.Objects.PropertyNames = Read(value, below);
                return true;
            case "dependentSchemas":
                foreach (var (name, schema) in Members(value, keyword, at))
                {
                    node.Objects.DependentSchemas[name] = Read(schema, $"{below}/{SchemaPointer.Escape(name)}");
                }

                return true;
            default:
                return false;
        }
    }

    private SchemaNode[] List(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0, keyword, at, "an array of schemas");
        return [.. value.EnumerateArray().Select((schema, index) => Read(schema, $"{at}/{keyword}/{index}"))];
    }

    // A schema that asks itself about the same value would ask for ever.
    private void ThrowIfEndless()
    {
        var isDone = new Dictionary<SchemaNode, bool>(ReferenceEqualityComparer.Instance);
        foreach (var (at, node) in _nodes)
        {
            Visit(node, at);
        }

        void Visit(SchemaNode node, string at)
        {
            if (isDone.TryGetValue(node, out var done))
            {
                Require(done, "$ref", at, "another schema than the one that it stands in");
                return;
            }

            isDone[node] = false;
            foreach (var next in node.InPlace)
            {
                Visit(next, at);
            }

            isDone[node] = true;
        }
    }

    private static SchemaTypes Types(JsonElement value, string at)
    {
        var names = value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Texts(value, "type", at);
        Require(names.Length > 0, "type", at, "a type or several");
        return names.Aggregate((SchemaTypes)0, (types, name) => types | name switch
        {
            "null" => SchemaTypes.Null,
            "boolean" => SchemaTypes.Boolean,
            "object" => SchemaTypes.Object,
            "array" => SchemaTypes.Array,
            "number" => SchemaTypes.Number,
            "string" => SchemaTypes.String,
            "integer" => SchemaTypes.Integer,
            _ => throw new ArgumentException($"The JSON schema has the type '{name}' at '{at}', which does not exist."),
        });
    }

    private static SchemaPattern Pattern(string pattern, string at)
    {
        try
        {
            return new SchemaPattern(pattern);
        }
        catch (ArgumentException problem)
        {
            throw new ArgumentException($"The JSON schema has a pattern at '{at}' that is no regular expression: {problem.Message}", problem);
        }
    }

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.Object, keyword, at, "an object");
        return value.EnumerateObject().Select(member => (member.Name, member.Value));
    }

    private static JsonElement Number(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.Number, keyword, at, "a number");
        return value;
    }

    private static int Count(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0, keyword, at, "a whole number from 0 on");
        return value.GetInt32();
    }

    private static string Text(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.String, keyword, at, "a text");
        return value.GetString()!;
    }

    private static string[] Texts(JsonElement value, string keyword, string at)
    {
        Require(value.ValueKind == JsonValueKind.Array, keyword, at, "an array of texts");
        return [.. value.EnumerateArray().Select(text => Text(text, keyword, at))];
    }

    private static void Require(bool condition, string keyword, string at, string expected)
    {
        if (!condition)
        {
            throw new ArgumentException($"The JSON schema's {(keyword.Length == 0 ? "schema" : $"'{keyword}'")} at '{at}' must be {expected}.");
        }
    }
}
