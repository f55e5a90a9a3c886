using System.Text;
using System.Text.Json;

namespace Gemma4.Safety.Detection.Content;

/// <summary>Objects to an answer that is not one well-formed JSON value, or that the application's own check refuses.</summary>
internal sealed class MalformedJsonDetector : ITextDetector
{
    private readonly Func<JsonElement, bool>? _check;

    /// <param name="check">Whether the value is what the application expects; any value is when null.</param>
    public MalformedJsonDetector(Func<JsonElement, bool>? check = null) => _check = check;

    public string Id => "json-output";

    public int? HoldBack => null;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        if (text.Text.Length > 0 && Problem(text.Text) is { } rule)
        {
            found.Add(new Finding(rule, RiskCategory.UnsafeOutput, "JSON", 0, text.Text.Length, 1));
        }
    }

    private string? Problem(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            return _check is null || _check(document.RootElement) ? null : "json-output/refused";
        }
        catch (JsonException)
        {
            return "json-output/malformed";
        }
    }
}
