using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Gemma4.Retrieval.Ingestion;

namespace Gemma4.Retrieval.Documents;

/// <summary>Reads HTML: headings, paragraphs, lists, tables, code. Scripts, navigation and what a browser would not show are left out.</summary>
public sealed class HtmlReader : IDocumentReader
{
    private static readonly HashSet<string> Blocks = new(
        ["p", "div", "section", "article", "main", "body", "blockquote", "ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "header", "details", "form", "hr", "address"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Skipped = new(
        ["script", "style", "template", "noscript", "nav", "footer", "svg", "iframe", "object", "head", "button", "select", "input", "textarea"], StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc />
    public bool CanRead(string fileName) => Path.GetExtension(fileName).ToUpperInvariant() is ".HTML" or ".HTM" or ".XHTML";

    /// <inheritdoc />
    public async Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using IDocument document = await new HtmlParser().ParseDocumentAsync(content, cancellationToken).ConfigureAwait(false);
        DocumentWriter writer = new();
        if (document.Body is { } body)
        {
            Walk(writer, body);
        }

        return writer.Build(id, string.IsNullOrWhiteSpace(document.Title) ? null : document.Title.Trim());
    }

    private static void Walk(DocumentWriter writer, IElement element)
    {
        switch (element.LocalName)
        {
            case ['h', >= '1' and <= '6' and var digit]:
                writer.AddHeading(digit - '0', Inline(element));
                break;
            case "table":
                writer.Add(DocumentPartKind.Table, string.Join('\n', element.QuerySelectorAll("tr").Where(IsShown)
                    .Select(row => "| " + string.Join(" | ", row.Children.Select(Inline)) + " |")));
                break;
            case "pre":
                writer.Add(DocumentPartKind.Code, element.TextContent);
                break;
            case "ul" or "ol" or "dl":
                writer.Add(DocumentPartKind.List, string.Join('\n', element.Children.Where(IsShown).Select(item => "- " + Inline(item))));
                break;
            default:
                Mixed(writer, element);
                break;
        }
    }

    // Text between blocks is a paragraph of its own.
    private static void Mixed(DocumentWriter writer, IElement element)
    {
        System.Text.StringBuilder paragraph = new();
        foreach (INode node in element.ChildNodes)
        {
            if (node is IElement child && Blocks.Contains(child.LocalName))
            {
                writer.Add(DocumentPartKind.Paragraph, Collapse(paragraph.ToString()));
                paragraph.Clear();
                if (IsShown(child))
                {
                    Walk(writer, child);
                }
            }
            else
            {
                paragraph.Append(Raw(node));
            }
        }

        writer.Add(DocumentPartKind.Paragraph, Collapse(paragraph.ToString()));
    }

    private static string Inline(IElement element) => Collapse(Raw(element));

    private static string Raw(INode node) => node switch
    {
        IText text => text.Data,
        IElement { LocalName: "br" } => "\n",
        IElement element when !IsShown(element) => "",
        IElement element => string.Concat(element.ChildNodes.Select(Raw)) + (Blocks.Contains(element.LocalName) || element.LocalName == "li" ? " " : ""),
        _ => "",
    };

    private static string Collapse(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static bool IsShown(IElement element)
    {
        string style = element.GetAttribute("style")?.Replace(" ", "", StringComparison.Ordinal) ?? "";
        return !Skipped.Contains(element.LocalName) && !element.HasAttribute("hidden") && element.GetAttribute("aria-hidden") != "true"
            && !style.Contains("display:none", StringComparison.OrdinalIgnoreCase) && !style.Contains("visibility:hidden", StringComparison.OrdinalIgnoreCase)
            && !style.Contains("font-size:0", StringComparison.OrdinalIgnoreCase);
    }
}
