using System.Text;
using Gemma4.Retrieval.Search;

namespace Gemma4.Retrieval.Chat;

/// <summary>Writes passages as numbered sources within the token budget.</summary>
internal sealed class ContextBuilder(RetrievalOptions options)
{
    // U+E000 is of the private use area: no document and no model uses it for anything else.
    private const char Mark = '\uE000';

    // Two chunks of which one holds this share of the other's words say the same.
    private const double SameShare = 0.9;

    /// <summary>The sources that fit, best first; the number of a source is its index + 1.</summary>
    public (string Text, IReadOnlyList<DocumentChunk> Sources) Build(IEnumerable<DocumentChunk> chunks)
    {
        StringBuilder text = new("Context:\n");
        List<DocumentChunk> sources = [];
        List<HashSet<string>> words = [];
        foreach (DocumentChunk chunk in chunks)
        {
            HashSet<string> own = new(TextAnalyzer.Plain.Terms(chunk.Text), StringComparer.Ordinal);
            if (sources.Any(source => source.Key == chunk.Key) || words.Any(other => Same(own, other)))
            {
                continue;
            }

            string line = Line(sources.Count + 1, chunk);
            if (options.CountTokens(text + line) > options.ContextTokens)
            {
                continue; // a shorter one may still fit
            }

            text.Append(line);
            sources.Add(chunk);
            words.Add(own);
        }

        return (text.ToString(), sources);
    }

    private string Line(int number, DocumentChunk chunk)
    {
        // One line per source: a document cannot start a source of its own, nor close the list.
        string body = string.Join(' ', chunk.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace("[", "(", StringComparison.Ordinal).Replace("]", ")", StringComparison.Ordinal);
        return $"[{number}] {(options.Datamark ? body.Replace(' ', Mark) : body)}\n";
    }

    private static bool Same(HashSet<string> a, HashSet<string> b)
    {
        int least = Math.Min(a.Count, b.Count);
        return least > 0 && a.Count(b.Contains) >= SameShare * Math.Max(a.Count, b.Count);
    }
}
