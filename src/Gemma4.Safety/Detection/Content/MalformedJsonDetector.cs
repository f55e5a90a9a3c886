using System.Text;
using System.Text.Json;
using Gemma4.Safety.Detection.Schemas;

namespace Gemma4.Safety.Detection.Content;

/// <summary>Objects to an answer that is not one well-formed JSON value, breaks a schema, or is refused by the application's own check.</summary>
internal sealed class MalformedJsonDetector : ITextDetector
{
    // A member twice is read differently by different readers: what was checked need not be what is used.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly Func<JsonElement, bool>? _check;
    private readonly JsonSchema? _schema;

    /// <param name="check">Whether the value is what the application expects; any value is when null.</param>
    /// <param name="schema">The schema that the value must follow; null for none.</param>
    public MalformedJsonDetector(Func<JsonElement, bool>? check = null, JsonSchema? schema = null)
    {
        _check = check;
        _schema = schema;
    }

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
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text), Strict);
            if (_schema?.Check(document.RootElement) is { } keyword)
            {
                return $"json-output/schema/{keyword}";
            }

            return _check is null || _check(document.RootElement) ? null : "json-output/refused";
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair in an escape is seen only when its text is read.
            return "json-output/malformed";
        }
    }
}
