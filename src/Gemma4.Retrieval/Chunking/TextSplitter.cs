using System.Text;
using Gemma4.Retrieval.Ingestion;

namespace Gemma4.Retrieval.Chunking;

/// <summary>Cuts the parts of a document into spans that fit the budget, at the best borders there are.</summary>
internal sealed class TextSplitter(SourceDocument document, ChunkingOptions options)
{
    private static readonly System.Buffers.SearchValues<char> SentenceEnds = System.Buffers.SearchValues.Create(".!?\u3002\uFF01\uFF1F\u0964");

    private readonly List<TextSpan> _spans = [];

    public List<TextSpan> Split()
    {
        for (int part = 0; part < document.Parts.Count; part++)
        {
            DocumentPart piece = document.Parts[part];
            int end = piece.Offset + piece.Length;
            switch (options.Boundary)
            {
                case ChunkBoundary.Token:
                    Words(piece.Offset, end, part);
                    break;
                case ChunkBoundary.Sentence:
                    Sentences(piece.Offset, end, part);
                    break;
                case var _ when Fits(piece.Offset, end):
                    _spans.Add(new TextSpan(piece.Offset, end, part));
                    break;
                case var _ when piece.Kind is DocumentPartKind.Code or DocumentPartKind.Table or DocumentPartKind.List:
                    Lines(piece.Offset, end, part);
                    break;
                default:
                    Sentences(piece.Offset, end, part);
                    break;
            }
        }

        return _spans;
    }

    private bool Fits(int start, int end) => options.CountTokens(document.Text[start..end]) <= options.MaxTokens;

    private void Lines(int start, int end, int part)
    {
        for (int next; start < end; start = next)
        {
            int at = document.Text.IndexOf('\n', start, end - start);
            next = at < 0 ? end : at + 1;
            Add(start, next, part, Words);
        }
    }

    private void Sentences(int start, int end, int part)
    {
        for (int next; start < end; start = next)
        {
            next = SentenceEnd(start, end);
            Add(start, next, part, Words);
        }
    }

    // A sentence ends with a mark, closing quotes, and white space (or none in scripts without it).
    private int SentenceEnd(int start, int end)
    {
        string text = document.Text;
        for (int at = start; at < end; at++)
        {
            if (text[at] == '\n' && at + 1 < end && text[at + 1] == '\n')
            {
                return at + 2;
            }

            if (SentenceEnds.Contains(text[at]))
            {
                int after = at + 1;
                while (after < end && (SentenceEnds.Contains(text[after]) || text[after] is '"' or '\'' or ')' or '\u201D' or '\u2019'))
                {
                    after++;
                }

                if (after >= end || char.IsWhiteSpace(text[after]) || text[at] > '\u0900')
                {
                    return Past(after, end);
                }
            }
        }

        return end;
    }

    private void Words(int start, int end, int part)
    {
        for (int next; start < end; start = next)
        {
            next = start;
            while (next < end && !char.IsWhiteSpace(document.Text[next]))
            {
                next++;
            }

            next = Past(next, end);
            Add(start, next, part, Characters);
        }
    }

    // The last resort, for a word longer than a chunk: whole characters, never half of one.
    private void Characters(int start, int end, int part)
    {
        while (start < end)
        {
            int length = end - start;
            while (length > 1 && !Fits(start, start + length))
            {
                length = Math.Max(1, length / 2);
            }

            if (length < end - start && length > 1 && char.IsLowSurrogate(document.Text[start + length]))
            {
                length--;
            }

            if (Rune.DecodeFromUtf16(document.Text.AsSpan(start, end - start), out _, out int rune) == System.Buffers.OperationStatus.Done)
            {
                length = Math.Max(length, rune);
            }

            _spans.Add(new TextSpan(start, start + length, part));
            start += length;
        }
    }

    private int Past(int at, int end)
    {
        while (at < end && char.IsWhiteSpace(document.Text[at]))
        {
            at++;
        }

        return at;
    }

    private void Add(int start, int end, int part, Action<int, int, int> smaller)
    {
        if (Fits(start, end))
        {
            _spans.Add(new TextSpan(start, end, part));
        }
        else
        {
            smaller(start, end, part);
        }
    }
}
