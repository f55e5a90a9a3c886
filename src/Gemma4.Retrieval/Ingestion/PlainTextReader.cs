namespace Gemma4.Retrieval.Ingestion;

/// <summary>Reads text and source code; blank lines part paragraphs.</summary>
public sealed class PlainTextReader : IDocumentReader
{
    private static readonly HashSet<string> TextExtensions = new([".txt", ".text", ".log", ".csv", ".tsv"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> CodeExtensions = new(
        [".cs", ".fs", ".vb", ".py", ".js", ".ts", ".java", ".go", ".rs", ".c", ".h", ".cpp", ".hpp", ".sql", ".sh", ".ps1", ".json", ".xml", ".yml", ".yaml", ".toml", ".ini"],
        StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc />
    public bool CanRead(string fileName) => TextExtensions.Contains(Path.GetExtension(fileName)) || CodeExtensions.Contains(Path.GetExtension(fileName));

    /// <inheritdoc />
    public async Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using StreamReader reader = new(content, leaveOpen: true);
        string text = (await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false)).ReplaceLineEndings("\n");
        string extension = Path.GetExtension(id);
        DocumentPartKind kind = CodeExtensions.Contains(extension) ? DocumentPartKind.Code
            : extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) || extension.Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? DocumentPartKind.Table
            : DocumentPartKind.Paragraph;
        DocumentWriter writer = new();
        foreach (string part in text.Split("\n\n"))
        {
            writer.Add(kind, part);
        }

        return writer.Build(id, Path.GetFileName(id));
    }
}
