using System.Buffers;
using System.Text;

namespace Gemma4.Parsing;

/// <summary>Lets visible text through up to the first stop sequence, holding back what may be the beginning of one.</summary>
/// <remarks>The earliest match wins, and the longest of those that begin at the same place.</remarks>
internal sealed class StopSequenceFilter
{
    private readonly string[] _sequences;
    private readonly SearchValues<char> _firstCharacters;
    private readonly StringBuilder _held = new();

    private StopSequenceFilter(string[] sequences)
    {
        _sequences = sequences;
        var first = new char[sequences.Length];
        for (var i = 0; i < sequences.Length; i++)
        {
            first[i] = sequences[i][0];
        }

        _firstCharacters = SearchValues.Create(first);
    }

    /// <summary>The stop sequence that was met, or null.</summary>
    public string? Matched { get; private set; }

    /// <summary>Null where there is nothing to stop at: empty sequences count as none.</summary>
    public static StopSequenceFilter? Create(IReadOnlyList<string>? sequences)
    {
        var kept = new List<string>();
        for (var i = 0; sequences is not null && i < sequences.Count; i++)
        {
            if (!string.IsNullOrEmpty(sequences[i]))
            {
                kept.Add(sequences[i]);
            }
        }

        // Longest first: the first full match found at a place is the longest there.
        kept.Sort(static (a, b) => b.Length.CompareTo(a.Length));
        return kept.Count == 0 ? null : new StopSequenceFilter(kept.ToArray());
    }

    /// <summary>Adds the text that is safe to show; false once a stop sequence is complete.</summary>
    public bool Append(ReadOnlySpan<char> text, StringBuilder visible)
    {
        while (Matched is null)
        {
            if (_held.Length == 0)
            {
                var candidate = text.IndexOfAny(_firstCharacters);
                if (candidate < 0)
                {
                    visible.Append(text);
                    return true;
                }

                visible.Append(text[..candidate]);
                text = text[candidate..];
            }

            if (text.IsEmpty)
            {
                return true;
            }

            _held.Append(text[0]);
            text = text[1..];
            Settle(visible, isLast: false);
        }

        return false;
    }

    /// <summary>No more text follows directly: lets the held text go; false where it holds a stop sequence.</summary>
    public bool Flush(StringBuilder visible)
    {
        if (Matched is null)
        {
            Settle(visible, isLast: true);
        }

        return Matched is null;
    }

    private void Settle(StringBuilder visible, bool isLast)
    {
        var held = _held.ToString();
        var start = 0;
        while (start < held.Length)
        {
            var rest = held.AsSpan(start);
            var waits = false;
            string? match = null;
            foreach (var sequence in _sequences)
            {
                if (rest.StartsWith(sequence, StringComparison.Ordinal))
                {
                    match ??= sequence;
                }
                else if (!isLast && sequence.AsSpan().StartsWith(rest, StringComparison.Ordinal))
                {
                    waits = true;
                }
            }

            // A longer sequence from the same place may still come, and an earlier place beats a later one.
            if (waits)
            {
                break;
            }

            if (match is not null)
            {
                Matched = match;
                _held.Clear();
                return;
            }

            visible.Append(rest[0]);
            start++;
        }

        _held.Remove(0, start);
    }
}
