using System.Text.Json;

namespace Gemma4.House.Tests;

/// <summary>The code cells of an .ipynb file, numbered from 1 over all cells as an editor counts them.</summary>
internal sealed record Notebook(string Name, string Kernel, string Language, IReadOnlyList<NotebookCell> CodeCells)
{
    public static Notebook Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var root = document.RootElement;
        if (root.GetProperty("nbformat").GetInt32() != 4)
        {
            throw new InvalidDataException($"{Path.GetFileName(file)}: nbformat is not 4.");
        }

        var metadata = root.GetProperty("metadata");
        var cells = root.GetProperty("cells").EnumerateArray()
            .Select((cell, index) => (Cell: cell, Number: index + 1))
            .Where(entry => entry.Cell.GetProperty("cell_type").GetString() == "code")
            .Select(entry => new NotebookCell(
                entry.Number,
                SourceOf(entry.Cell.GetProperty("source")),
                entry.Cell.GetProperty("outputs").GetArrayLength(),
                ExpectedOf(entry.Cell)))
            .ToArray();
        return new Notebook(
            Path.GetFileName(file),
            metadata.GetProperty("kernelspec").GetProperty("name").GetString()!,
            metadata.GetProperty("language_info").GetProperty("name").GetString()!,
            cells);
    }

    // The format leaves cell metadata to tools: {"gemma4": {"expects": ["text that the output holds"]}}.
    private static string[] ExpectedOf(JsonElement cell) =>
        cell.GetProperty("metadata").TryGetProperty("gemma4", out var own)
            ? [.. own.GetProperty("expects").EnumerateArray().Select(text => text.GetString()!)]
            : [];

    // The format allows one string or an array of lines that keep their line ends.
    private static string SourceOf(JsonElement source) => source.ValueKind == JsonValueKind.Array
        ? string.Concat(source.EnumerateArray().Select(line => line.GetString()))
        : source.GetString()!;
}
