using System.Text;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>For readers: collects parts into one text and keeps the path of headings.</summary>
public sealed class DocumentWriter
{
    private readonly StringBuilder _text = new();
    private readonly List<DocumentPart> _parts = [];
    private readonly List<(int Level, string Title)> _headings = [];

    /// <summary>The page of what is added next; null when there are no pages.</summary>
    public int? Page { get; set; }

    /// <summary>Adds a part after a blank line; white space around it is dropped, an empty part ignored.</summary>
    public void Add(DocumentPartKind kind, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim().ReplaceLineEndings("\n");
        if (trimmed.Length > 0)
        {
            _text.Append(_text.Length > 0 ? "\n\n" : "");
            _parts.Add(new DocumentPart(kind, _text.Length, trimmed.Length, Path, Page));
            _text.Append(trimmed);
        }
    }

    /// <summary>Adds a heading; it is part of the path of what follows until one of the same or a higher rank.</summary>
    /// <param name="level">1 is the highest rank.</param>
    /// <param name="title">The heading's text.</param>
    public void AddHeading(int level, string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Enter(level, title.Trim());
        Add(DocumentPartKind.Heading, title);
    }

    /// <summary>The document.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="title">Its title; the first heading when null.</param>
    public SourceDocument Build(string id, string? title = null)
    {
        string text = _text.ToString();
        DocumentPart? heading = _parts.Where(part => part.Kind == DocumentPartKind.Heading).Select(part => (DocumentPart?)part).FirstOrDefault();
        return new SourceDocument(id, text, _parts.ToArray())
        {
            Title = title ?? (heading is { } first ? text.Substring(first.Offset, first.Length) : null),
        };
    }

    internal string? Path => _headings.Count == 0 ? null : string.Join(" > ", _headings.Select(heading => heading.Title));

    internal void Enter(int level, string title)
    {
        _headings.RemoveAll(heading => heading.Level >= level);
        if (title.Length > 0)
        {
            _headings.Add((level, title));
        }
    }
}
