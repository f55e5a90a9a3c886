using Gemma4.Retrieval;
using Gemma4.Retrieval.Documents;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds readers of documents to retrieval.</summary>
public static class DocumentsRetrievalBuilderExtensions
{
    /// <summary>Reads PDF, DOCX and HTML files beside Markdown, text and code.</summary>
    public static Gemma4RetrievalBuilder AddDocumentReaders(this Gemma4RetrievalBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddReader(new PdfReader()).AddReader(new DocxReader()).AddReader(new HtmlReader());
    }
}
