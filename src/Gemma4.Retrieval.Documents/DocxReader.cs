using System.Globalization;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using Gemma4.Retrieval.Ingestion;

namespace Gemma4.Retrieval.Documents;

/// <summary>Reads Word documents: headings by style, lists, tables. Hidden text is left out.</summary>
public sealed class DocxReader : IDocumentReader
{
    private const string HeadingStyle = "Heading";

    /// <inheritdoc />
    public bool CanRead(string fileName) => Path.GetExtension(fileName).Equals(".docx", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    public async Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using MemoryStream buffer = new();
        await content.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        try
        {
            using WordprocessingDocument document = WordprocessingDocument.Open(buffer, isEditable: false);
            DocumentWriter writer = new();
            foreach (OpenXmlElement element in document.MainDocumentPart?.Document?.Body?.ChildElements ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (element is Table table)
                {
                    writer.Add(DocumentPartKind.Table, string.Join('\n', table.Elements<TableRow>()
                        .Select(row => "| " + string.Join(" | ", row.Elements<TableCell>().Select(cell => string.Join(' ', cell.Elements<Paragraph>().Select(Text)))) + " |")));
                }
                else if (element is Paragraph paragraph)
                {
                    Add(writer, paragraph);
                }
            }

            string? title = document.PackageProperties.Title;
            return writer.Build(id, string.IsNullOrWhiteSpace(title) ? null : title);
        }
        catch (Exception problem) when (problem is OpenXmlPackageException or FileFormatException or System.Xml.XmlException)
        {
            throw new InvalidDataException($"'{id}' is no Word document, or is damaged: {problem.Message}", problem);
        }
    }

    private static void Add(DocumentWriter writer, Paragraph paragraph)
    {
        string? style = paragraph.ParagraphProperties?.ParagraphStyleId?.Val?.Value;
        if (style?.StartsWith(HeadingStyle, StringComparison.OrdinalIgnoreCase) == true
            && int.TryParse(style.AsSpan(HeadingStyle.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int level))
        {
            writer.AddHeading(level, Text(paragraph));
        }
        else if (style == "Title")
        {
            writer.AddHeading(1, Text(paragraph));
        }
        else
        {
            writer.Add(paragraph.ParagraphProperties?.NumberingProperties is null ? DocumentPartKind.Paragraph : DocumentPartKind.List, Text(paragraph));
        }
    }

    private static string Text(Paragraph paragraph) => string.Concat(paragraph.Descendants<Run>()
        .Where(run => run.RunProperties?.Vanish is null)
        .SelectMany(run => run.ChildElements)
        .Select(child => child switch
        {
            Text text => text.Text,
            TabChar => "\t",
            Break => "\n",
            _ => "",
        }));
}
