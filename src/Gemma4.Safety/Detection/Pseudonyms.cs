using System.Globalization;
using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>
/// Placeholders for the values of one conversation, e.g. <c>&lt;EMAIL_1&gt;</c>. The same value keeps its placeholder for as long
/// as the instance lives; no value is written anywhere else. Safe for use from many threads.
/// </summary>
public sealed class Pseudonyms
{
    /// <summary>The entity of text that looked like a placeholder before anything was replaced.</summary>
    private const string Literal = "LITERAL";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Entity, string Value), string> _placeholders = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Replaces the found stretches by placeholders, and text that looks like one as well, so that restoring is exact.</summary>
    /// <param name="text">The text in which the findings were made.</param>
    /// <param name="findings">What to replace; overlapping findings become one.</param>
    /// <returns>The text with placeholders; <see cref="Restore"/> turns it back into the same text, character for character.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A finding lies outside the text.</exception>
    public string Replace(string text, IEnumerable<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(findings);
        var merged = TextRedaction.Merge(findings);
        foreach (var finding in merged)
        {
            if (finding.Start < 0 || finding.Length < 1 || finding.End > text.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(findings),
                    $"Finding {finding.Rule} at {finding.Start}, length {finding.Length}, lies outside the text of {text.Length} characters. Pass the text that was examined.");
            }
        }

        var result = new StringBuilder(text.Length);
        var position = 0;
        foreach (var finding in merged)
        {
            AppendEscaped(result, text.AsSpan(position, finding.Start - position));
            result.Append(PlaceholderFor(finding.Entity, text.Substring(finding.Start, finding.Length)));
            position = finding.End;
        }

        AppendEscaped(result, text.AsSpan(position));
        return result.ToString();
    }

    /// <summary>Puts the values back.</summary>
    /// <param name="text">A whole text; for a stream use <see cref="CreateRestorer"/>.</param>
    /// <param name="unknown">Receives placeholders that this conversation never gave out; they stay in the text. May be null.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public string Restore(string text, ICollection<string>? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var restorer = new PseudonymRestorer(this, unknown);
        return restorer.Append(text) + restorer.Complete();
    }

    /// <summary>Makes a restorer for one stream.</summary>
    /// <param name="unknown">Receives placeholders that this conversation never gave out; they stay in the text. May be null.</param>
    public PseudonymRestorer CreateRestorer(ICollection<string>? unknown = null) => new(this, unknown);

    /// <summary>Replaces values that have a placeholder already, the longest first; others stay.</summary>
    internal string Mention(string text)
    {
        KeyValuePair<string, string>[] known;
        lock (_lock)
        {
            known = [.. _values.OrderByDescending(entry => entry.Value.Length).ThenBy(entry => entry.Key, StringComparer.Ordinal)];
        }

        foreach (var (placeholder, value) in known)
        {
            text = text.Replace(value, placeholder, StringComparison.Ordinal);
        }

        return text;
    }

    internal bool TryGetValue(string placeholder, out string value)
    {
        lock (_lock)
        {
            return _values.TryGetValue(placeholder, out value!);
        }
    }

    internal string PlaceholderFor(string entity, string value)
    {
        lock (_lock)
        {
            if (_placeholders.TryGetValue((entity, value), out var placeholder))
            {
                return placeholder;
            }

            var name = PlaceholderSyntax.NameFor(entity);
            var number = _counts.GetValueOrDefault(name) + 1;
            _counts[name] = number;
            placeholder = $"<{name}_{number.ToString(CultureInfo.InvariantCulture)}>";
            _placeholders[(entity, value)] = placeholder;
            _values[placeholder] = value;
            return placeholder;
        }
    }

    internal void AppendEscaped(StringBuilder result, ReadOnlySpan<char> text)
    {
        while (true)
        {
            var open = text.IndexOf('<');
            if (open < 0)
            {
                result.Append(text);
                return;
            }

            result.Append(text[..open]);
            text = text[open..];
            var length = PlaceholderSyntax.Match(text, out _);
            if (length > 0)
            {
                result.Append(PlaceholderFor(Literal, text[..length].ToString()));
                text = text[length..];
            }
            else
            {
                result.Append('<');
                text = text[1..];
            }
        }
    }
}
