using System.Text.Json;

namespace Gemma4.Benchmarks.Safety;

/// <summary>A text with its personal data marked.</summary>
internal sealed record LabelledText(string Text, IReadOnlyList<LabelledSpan> Spans)
{
    /// <summary>Reads the synthetic set of presidio-research, whose positions count code points.</summary>
    public static IReadOnlyList<LabelledText> Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    private static LabelledText Read(JsonElement element)
    {
        var text = element.GetProperty("full_text").GetString()!;
        return new LabelledText(text, [.. element.GetProperty("spans").EnumerateArray().Select(span =>
        {
            var start = Units(text, span.GetProperty("start_position").GetInt32());
            var end = Units(text, span.GetProperty("end_position").GetInt32());
            return new LabelledSpan(span.GetProperty("entity_type").GetString()!, span.GetProperty("entity_value").GetString()!, start, end);
        })]);
    }

    private static int Units(string text, int codePoints)
    {
        var units = 0;
        for (var index = 0; index < codePoints && units < text.Length; index++)
        {
            units += char.IsHighSurrogate(text[units]) ? 2 : 1;
        }

        return units;
    }
}
