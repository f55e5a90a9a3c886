using Gemma4.Retrieval.Ingestion;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;

namespace Gemma4.Retrieval.Documents;

/// <summary>Reads the text of PDF files page by page; pictures of text are not read.</summary>
public sealed class PdfReader : IDocumentReader
{
    /// <inheritdoc />
    public bool CanRead(string fileName) => Path.GetExtension(fileName).Equals(".pdf", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    public async Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using MemoryStream buffer = new();
        await content.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        try
        {
            using PdfDocument document = PdfDocument.Open(buffer.ToArray());
            DocumentWriter writer = new();
            foreach (Page page in document.GetPages())
            {
                cancellationToken.ThrowIfCancellationRequested();
                writer.Page = page.Number;
                foreach (string paragraph in ContentOrderTextExtractor.GetText(page, addDoubleNewline: true).ReplaceLineEndings("\n").Split("\n\n"))
                {
                    writer.Add(DocumentPartKind.Paragraph, paragraph);
                }
            }

            string? title = document.Information.Title;
            return writer.Build(id, string.IsNullOrWhiteSpace(title) ? Path.GetFileName(id) : title);
        }
        catch (PdfDocumentFormatException problem)
        {
            throw new InvalidDataException($"'{id}' is no PDF file, or is damaged: {problem.Message}", problem);
        }
        catch (UglyToad.PdfPig.Exceptions.PdfDocumentEncryptedException problem)
        {
            throw new InvalidDataException($"'{id}' is encrypted. Save it without a password.", problem);
        }
    }
}
