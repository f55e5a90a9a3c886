using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>What a schema says about objects.</summary>
internal sealed class ObjectKeywords
{
    public Dictionary<string, SchemaNode> Properties { get; } = new(StringComparer.Ordinal);

    public List<(SchemaPattern Pattern, SchemaNode Schema)> PatternProperties { get; } = [];

    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    public string[] Required { get; set; } = [];

    public Dictionary<string, string[]> DependentRequired { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SchemaNode> DependentSchemas { get; } = new(StringComparer.Ordinal);

    public int? MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public string? Check(JsonElement value, SchemaRun run)
    {
        var count = value.GetPropertyCount();
        return count < MinProperties ? "minProperties"
            : count > MaxProperties ? "maxProperties"
            : Required.Any(name => Lacks(value, name)) ? "required"
            : Members(value, run) ?? Dependents(value, run);
    }

    private static bool Lacks(JsonElement value, string name) => !value.TryGetProperty(name, out _);

    private string? Members(JsonElement value, SchemaRun run)
    {
        foreach (var member in value.EnumerateObject())
        {
            var name = member.Name;
            if (PropertyNames is not null && PropertyNames.Check(JsonSerializer.SerializeToElement(name, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(string))), run) is not null)
            {
                return "propertyNames";
            }

            var isKnown = Properties.TryGetValue(name, out var own);
            if (own?.Check(member.Value, run) is { } broken)
            {
                return broken;
            }

            foreach (var (pattern, schema) in PatternProperties)
            {
                if (pattern.Matches(name))
                {
                    isKnown = true;
                    if (schema.Check(member.Value, run) is { } keyword)
                    {
                        return keyword;
                    }
                }
            }

            if (!isKnown && AdditionalProperties?.Check(member.Value, run) is { } extra)
            {
                return extra == "false" ? "additionalProperties" : extra;
            }
        }

        return null;
    }

    private string? Dependents(JsonElement value, SchemaRun run)
    {
        if (DependentRequired.Any(entry => !Lacks(value, entry.Key) && entry.Value.Any(name => Lacks(value, name))))
        {
            return "dependentRequired";
        }

        foreach (var (name, schema) in DependentSchemas)
        {
            if (!Lacks(value, name) && schema.Check(value, run) is { } keyword)
            {
                return keyword;
            }
        }

        return null;
    }
}
