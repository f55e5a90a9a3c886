using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>What a schema says about texts. Lengths count code points.</summary>
internal sealed class StringKeywords
{
    public int? MinLength { get; set; }

    public int? MaxLength { get; set; }

    public SchemaPattern? Pattern { get; set; }

    public string? Check(JsonElement value)
    {
        if (MinLength is null && MaxLength is null && Pattern is null)
        {
            return null;
        }

        var text = value.GetString()!;
        var length = text.Length - text.Count(char.IsLowSurrogate);
        return length < MinLength ? "minLength"
            : length > MaxLength ? "maxLength"
            : Pattern?.Matches(text) == false ? "pattern"
            : null;
    }
}
