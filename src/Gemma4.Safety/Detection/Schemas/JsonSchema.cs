using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>A JSON Schema, read once and safe for concurrent use. A schema with a keyword that is not checked is refused.</summary>
internal sealed class JsonSchema
{
    private readonly SchemaNode _root;

    private JsonSchema(SchemaNode root) => _root = root;

    /// <exception cref="ArgumentException">The text is no JSON, or a keyword has a value that it cannot have.</exception>
    /// <exception cref="NotSupportedException">The schema uses a keyword, reference or draft that is not checked here.</exception>
    public static JsonSchema Read(string text)
    {
        JsonElement schema;
        try
        {
            schema = JsonElement.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException problem)
        {
            throw new ArgumentException($"The schema is no JSON: {problem.Message}", problem);
        }

        return Read(schema);
    }

    /// <inheritdoc cref="Read(string)"/>
    public static JsonSchema Read(JsonElement schema) => new(new SchemaReader(schema.Clone()).Read());

    /// <summary>The keyword that the value breaks, <c>work</c> when checking it takes too long, or null when it is valid.</summary>
    /// <exception cref="InvalidOperationException">A text in the value is no Unicode.</exception>
    public string? Check(JsonElement value)
    {
        var run = new SchemaRun();
        var keyword = _root.Check(value, run);
        return run.IsExhausted ? "work" : keyword;
    }
}
