using System.Security.Cryptography;
using System.Text;
using Gemma4.Retrieval.Ingestion;

namespace Gemma4.Retrieval.Chunking;

/// <summary>
/// Cuts documents into chunks that are never above the token budget: the count is taken on each finished chunk, not summed up
/// from parts. A chunk is one stretch of the document's text, so that its position, page and headings are known.
/// </summary>
public sealed class DocumentChunker
{
    private readonly ChunkingOptions _options;

    /// <summary>Makes a chunker.</summary>
    /// <param name="options">The defaults when null.</param>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public DocumentChunker(ChunkingOptions? options = null)
    {
        _options = options ?? new();
        if (_options.MaxTokens < 8)
        {
            throw new ArgumentException($"MaxTokens is {_options.MaxTokens}; a chunk needs at least 8.", nameof(options));
        }

        if (_options.OverlapTokens < 0 || _options.OverlapTokens > _options.MaxTokens / 2)
        {
            throw new ArgumentException($"OverlapTokens is {_options.OverlapTokens}; it must be from 0 to half of MaxTokens ({_options.MaxTokens / 2}).", nameof(options));
        }
    }

    /// <summary>The chunks of a document in their order, without keys, tenant and embeddings.</summary>
    public IReadOnlyList<DocumentChunk> Chunk(SourceDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        List<TextSpan> spans = new TextSplitter(document, _options).Split();
        int[] sizes = [.. spans.Select(span => _options.CountTokens(document.Text[span.Start..span.End]))];
        List<DocumentChunk> chunks = [];
        int covered = 0; // spans before it are in a chunk already
        for (int first = 0; covered < spans.Count;)
        {
            int last = Last(document, spans, sizes, first, covered);
            chunks.Add(Make(document, spans[first], spans[last], chunks.Count));
            covered = last + 1;
            first = Next(document, spans, sizes, covered);
        }

        chunks.RemoveAll(chunk => chunk.Text.Length == 0);
        return chunks;
    }

    // The last span of the chunk that starts with 'first': at least one that is new.
    private int Last(SourceDocument document, List<TextSpan> spans, int[] sizes, int first, int covered)
    {
        int last = covered;
        for (int sum = sizes[first..(last + 1)].Sum(); last + 1 < spans.Count && !Breaks(document, spans[last], spans[last + 1]); last++)
        {
            sum += sizes[last + 1];
            if (sum > _options.MaxTokens)
            {
                break;
            }
        }

        // Tokens of joined spans are not the sum of theirs: what was too hopeful is taken back.
        while (last > covered && _options.CountTokens(Slice(document, spans[first], spans[last])) > _options.MaxTokens)
        {
            last--;
        }

        return last;
    }

    // Where the next chunk starts: some spans back, if they and one new span fit.
    private int Next(SourceDocument document, List<TextSpan> spans, int[] sizes, int covered)
    {
        int first = covered;
        for (int sum = 0; first > 0 && covered < spans.Count && !Breaks(document, spans[first - 1], spans[first]); first--)
        {
            sum += sizes[first - 1];
            if (sum > _options.OverlapTokens || _options.CountTokens(Slice(document, spans[first - 1], spans[covered])) > _options.MaxTokens)
            {
                break;
            }
        }

        return first;
    }

    private bool Breaks(SourceDocument document, TextSpan before, TextSpan after)
    {
        DocumentPart part = document.Parts[after.Part];
        return _options.Boundary == ChunkBoundary.Structure && before.Part != after.Part
            && part.Kind == DocumentPartKind.Heading && document.Parts[before.Part].Kind != DocumentPartKind.Heading;
    }

    private static string Slice(SourceDocument document, TextSpan first, TextSpan last) => document.Text[first.Start..last.End].TrimEnd();

    private DocumentChunk Make(SourceDocument document, TextSpan first, TextSpan last, int ordinal)
    {
        string text = Slice(document, first, last);
        // A chunk that begins with headings is about the innermost of them.
        int part = first.Part;
        while (part < last.Part && document.Parts[part].Kind == DocumentPartKind.Heading)
        {
            part++;
        }

        string? heading = document.Parts[part].Heading;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{heading}\n{text}"));
        return new DocumentChunk
        {
            DocumentId = document.Id,
            Title = document.Title,
            Text = text,
            Heading = heading,
            Page = document.Parts[first.Part].Page,
            Ordinal = ordinal,
            Offset = first.Start,
            Tokens = _options.CountTokens(text),
            ContentHash = Convert.ToHexString(hash),
        };
    }
}
