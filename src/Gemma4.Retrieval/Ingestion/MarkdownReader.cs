using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>Reads Markdown. The document's text is the Markdown itself; HTML comments and front matter are left out.</summary>
public sealed class MarkdownReader : IDocumentReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseYamlFrontMatter().UsePreciseSourceLocation().Build();

    /// <inheritdoc />
    public bool CanRead(string fileName) => Path.GetExtension(fileName).ToUpperInvariant() is ".MD" or ".MARKDOWN";

    /// <inheritdoc />
    public async Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using StreamReader reader = new(content, leaveOpen: true);
        return Read(await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false), id);
    }

    /// <summary>Reads Markdown that is already a string.</summary>
    public static SourceDocument Read(string markdown, string id)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        markdown = markdown.ReplaceLineEndings("\n");
        DocumentWriter writer = new();
        foreach (Block block in Markdown.Parse(markdown, Pipeline))
        {
            int end = Math.Min(block.Span.End + 1, markdown.Length);
            string source = block.Span.Start < end ? markdown[block.Span.Start..end] : "";
            switch (block)
            {
                case YamlFrontMatterBlock or LinkReferenceDefinitionGroup:
                case HtmlBlock { Type: HtmlBlockType.Comment }:
                    break;
                case HeadingBlock heading:
                    writer.AddHeading(heading.Level, PlainText(heading));
                    break;
                default:
                    writer.Add(
                        block switch { Table => DocumentPartKind.Table, CodeBlock => DocumentPartKind.Code, ListBlock => DocumentPartKind.List, _ => DocumentPartKind.Paragraph },
                        source);
                    break;
            }
        }

        return writer.Build(id);
    }

    private static string PlainText(HeadingBlock heading) => string.Concat((heading.Inline ?? []).Descendants().Select(inline => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        _ => "",
    }));
}
