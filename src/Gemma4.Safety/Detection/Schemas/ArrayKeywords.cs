using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>What a schema says about arrays.</summary>
internal sealed class ArrayKeywords
{
    public SchemaNode[] PrefixItems { get; set; } = [];

    public SchemaNode? Items { get; set; }

    public SchemaNode? Contains { get; set; }

    public int MinContains { get; set; } = 1;

    public int? MaxContains { get; set; }

    public int? MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool UniqueItems { get; set; }

    public string? Check(JsonElement value, SchemaRun run)
    {
        var length = value.GetArrayLength();
        if (length < MinItems || length > MaxItems)
        {
            return length < MinItems ? "minItems" : "maxItems";
        }

        var index = 0;
        var matching = 0;
        foreach (var item in value.EnumerateArray())
        {
            if ((index < PrefixItems.Length ? PrefixItems[index] : Items)?.Check(item, run) is { } keyword)
            {
                return keyword;
            }

            matching += Contains?.IsValid(item, run) == true ? 1 : 0;
            index++;
        }

        return Contains is not null && (matching < MinContains || matching > MaxContains) ? "contains"
            : UniqueItems && HasTwins(value, run) ? "uniqueItems"
            : null;
    }

    private static bool HasTwins(JsonElement value, SchemaRun run)
    {
        var items = value.EnumerateArray().ToArray();
        for (var index = 1; index < items.Length; index++)
        {
            for (var other = 0; other < index; other++)
            {
                if (!run.Step() || JsonElement.DeepEquals(items[index], items[other]))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
