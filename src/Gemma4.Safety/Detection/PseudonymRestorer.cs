using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>
/// Puts values back into a stream, whatever its cuts: what could still become a placeholder is kept until it is decided, at most
/// 47 characters. One instance serves one stream and is not safe for use from several threads.
/// </summary>
public sealed class PseudonymRestorer
{
    private readonly Pseudonyms _pseudonyms;
    private readonly ICollection<string>? _unknown;
    private readonly StringBuilder _pending = new();

    internal PseudonymRestorer(Pseudonyms pseudonyms, ICollection<string>? unknown)
    {
        _pseudonyms = pseudonyms;
        _unknown = unknown;
    }

    /// <summary>Takes the next piece and answers what can be shown so far; may be empty.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="piece"/> is null.</exception>
    public string Append(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        if (_pending.Length == 0 && !piece.Contains('<'))
        {
            return piece;
        }

        var text = _pending.Append(piece).ToString();
        _pending.Clear();
        var result = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (true)
        {
            var open = rest.IndexOf('<');
            if (open < 0)
            {
                return result.Append(rest).ToString();
            }

            result.Append(rest[..open]);
            rest = rest[open..];
            var length = PlaceholderSyntax.Match(rest, out var mayContinue);
            if (mayContinue)
            {
                _pending.Append(rest);
                return result.ToString();
            }

            length = Math.Max(1, length);
            result.Append(Resolve(rest[..length]));
            rest = rest[length..];
        }
    }

    /// <summary>Ends the stream and answers what was kept.</summary>
    public string Complete()
    {
        var rest = _pending.ToString();
        _pending.Clear();
        return rest;
    }

    private ReadOnlySpan<char> Resolve(ReadOnlySpan<char> text)
    {
        if (text.Length == 1)
        {
            return text;
        }

        var placeholder = text.ToString();
        if (_pseudonyms.TryGetValue(placeholder, out var value))
        {
            return value;
        }

        _unknown?.Add(placeholder);
        return text;
    }
}
