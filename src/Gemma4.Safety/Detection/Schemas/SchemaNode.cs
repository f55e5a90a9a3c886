using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>One schema of a document: what its keywords say. Filled by the reader and not changed afterwards.</summary>
internal sealed class SchemaNode
{
    public bool AllowsNothing { get; init; }

    public SchemaTypes Types { get; set; } = SchemaTypes.All;

    public JsonElement[]? Enumeration { get; set; }

    public JsonElement? Constant { get; set; }

    public SchemaNode? Reference { get; set; }

    public SchemaNode[] AllOf { get; set; } = [];

    public SchemaNode[]? AnyOf { get; set; }

    public SchemaNode[]? OneOf { get; set; }

    public SchemaNode? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    public NumberKeywords Numbers { get; } = new();

    public StringKeywords Strings { get; } = new();

    public ArrayKeywords Arrays { get; } = new();

    public ObjectKeywords Objects { get; } = new();

    /// <summary>The schemas that judge the same value as this one.</summary>
    public IEnumerable<SchemaNode> InPlace =>
        ((SchemaNode?[])[Reference, Not, If, Then, Else]).OfType<SchemaNode>().Concat(AllOf).Concat(AnyOf ?? []).Concat(OneOf ?? []).Concat(Objects.DependentSchemas.Values);

    public bool IsValid(JsonElement value, SchemaRun run) => Check(value, run) is null;

    /// <summary>The first keyword that the value breaks, or null.</summary>
    public string? Check(JsonElement value, SchemaRun run)
    {
        if (!run.Step())
        {
            return "work";
        }

        return AllowsNothing ? "false"
            : !HasType(value) ? "type"
            : Constant is { } constant && !JsonElement.DeepEquals(constant, value) ? "const"
            : Enumeration is { } allowed && !allowed.Any(one => run.Step() && JsonElement.DeepEquals(one, value)) ? "enum"
            : OwnKind(value, run) ?? Combined(value, run);
    }

    private string? OwnKind(JsonElement value, SchemaRun run) => value.ValueKind switch
    {
        JsonValueKind.Number => Numbers.Check(value),
        JsonValueKind.String => Strings.Check(value),
        JsonValueKind.Array => Arrays.Check(value, run),
        JsonValueKind.Object => Objects.Check(value, run),
        _ => null,
    };

    private string? Combined(JsonElement value, SchemaRun run)
    {
        if (Reference?.Check(value, run) is { } broken)
        {
            return broken;
        }

        foreach (var part in AllOf)
        {
            if (part.Check(value, run) is { } keyword)
            {
                return keyword;
            }
        }

        if (AnyOf is { } any && !any.Any(one => one.IsValid(value, run)))
        {
            return "anyOf";
        }

        if (OneOf is { } alternatives && alternatives.Count(one => one.IsValid(value, run)) != 1)
        {
            return "oneOf";
        }

        if (Not?.IsValid(value, run) == true)
        {
            return "not";
        }

        return If is null ? null : (If.IsValid(value, run) ? Then : Else)?.Check(value, run);
    }

    private bool HasType(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => Types.HasFlag(SchemaTypes.Null),
        JsonValueKind.True or JsonValueKind.False => Types.HasFlag(SchemaTypes.Boolean),
        JsonValueKind.Object => Types.HasFlag(SchemaTypes.Object),
        JsonValueKind.Array => Types.HasFlag(SchemaTypes.Array),
        JsonValueKind.String => Types.HasFlag(SchemaTypes.String),
        JsonValueKind.Number => Types.HasFlag(SchemaTypes.Number) || (Types.HasFlag(SchemaTypes.Integer) && NumberKeywords.IsWhole(value)),
        _ => false,
    };
}
