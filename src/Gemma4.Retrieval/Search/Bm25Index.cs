using System.Buffers;
using Gemma4.Retrieval.Stores;

namespace Gemma4.Retrieval.Search;

/// <summary>
/// An inverted index with the Okapi BM25 score: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), k1 1.2, b 0.75. Documents are
/// numbers that the caller chooses. Not thread-safe for writing; any number of readers may search at once.
/// </summary>
internal sealed class Bm25Index(TextAnalyzer analyzer)
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    private readonly Dictionary<string, List<(int Entry, int Count)>> _postings = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _entryOf = [];
    private readonly List<(int Document, int Length)> _entries = []; // length -1: removed
    private long _totalLength;

    /// <summary>Adds a document, or puts it in the place of the one with the same number.</summary>
    public void Set(int document, string? text)
    {
        Remove(document);
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        int entry = _entries.Count;
        int length = 0;
        foreach (string term in analyzer.Terms(text))
        {
            length++;
            if (!_postings.TryGetValue(term, out List<(int Entry, int Count)>? list))
            {
                _postings[term] = list = [];
            }

            if (list.Count > 0 && list[^1].Entry == entry)
            {
                list[^1] = (entry, list[^1].Count + 1);
            }
            else
            {
                list.Add((entry, 1));
            }
        }

        if (length > 0)
        {
            _entries.Add((document, length));
            _entryOf[document] = entry;
            _totalLength += length;
        }
    }

    public void Remove(int document)
    {
        if (!_entryOf.Remove(document, out int entry))
        {
            return;
        }

        _totalLength -= _entries[entry].Length;
        _entries[entry] = (document, -1);
        if (_entries.Count > 1024 && _entryOf.Count * 2 < _entries.Count)
        {
            Compact();
        }
    }

    /// <summary>The best documents, best first; only those that share a term with the query.</summary>
    /// <param name="query">Words.</param>
    /// <param name="count">How many documents at most.</param>
    /// <param name="mask">Documents that count; all when null. It changes no score.</param>
    public List<(int Document, float Score)> Search(string query, int count, RowMask? mask)
    {
        double[] scores = ArrayPool<double>.Shared.Rent(Math.Max(1, _entries.Count));
        Array.Clear(scores, 0, _entries.Count);
        try
        {
            HashSet<int> touched = [];
            double average = (double)_totalLength / Math.Max(1, _entryOf.Count);
            foreach (IGrouping<string, string> term in analyzer.Terms(query).GroupBy(term => term, StringComparer.Ordinal))
            {
                if (!_postings.TryGetValue(term.Key, out List<(int Entry, int Count)>? list))
                {
                    continue;
                }

                int alive = list.Count(posting => _entries[posting.Entry].Length >= 0);
                double idf = Math.Log(1 + ((_entryOf.Count - alive + 0.5) / (alive + 0.5)));
                foreach ((int entry, int occurrences) in list)
                {
                    int length = _entries[entry].Length;
                    if (length >= 0)
                    {
                        scores[entry] += term.Count() * idf * occurrences * (K1 + 1) / (occurrences + (K1 * (1 - B + (B * length / average))));
                        touched.Add(entry);
                    }
                }
            }

            return [.. touched.Select(entry => (_entries[entry].Document, (float)scores[entry]))
                .Where(hit => mask is null || mask[hit.Document])
                .OrderByDescending(hit => hit.Item2).ThenBy(hit => hit.Document).Take(count)];
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
        }
    }

    // Drops what was removed, so that a store that is rewritten again and again does not grow.
    private void Compact()
    {
        int[] moved = new int[_entries.Count];
        List<(int Document, int Length)> kept = [];
        for (int i = 0; i < _entries.Count; i++)
        {
            moved[i] = _entries[i].Length < 0 ? -1 : kept.Count;
            if (moved[i] >= 0)
            {
                kept.Add(_entries[i]);
                _entryOf[_entries[i].Document] = moved[i];
            }
        }

        foreach ((string term, List<(int Entry, int Count)> list) in _postings.ToList())
        {
            List<(int Entry, int Count)> alive = [.. list.Where(posting => moved[posting.Entry] >= 0).Select(posting => (moved[posting.Entry], posting.Count))];
            if (alive.Count == 0)
            {
                _postings.Remove(term);
            }
            else
            {
                _postings[term] = alive;
            }
        }

        _entries.Clear();
        _entries.AddRange(kept);
    }
}
