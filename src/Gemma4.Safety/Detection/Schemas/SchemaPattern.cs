using System.Text;
using System.Text.RegularExpressions;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>
/// A regular expression of a schema, which is one of ECMAScript: <c>$</c> is the very end, <c>\d</c> and <c>\w</c> are ASCII.
/// It runs in linear time, or where the expression does not allow that, in limited time.
/// </summary>
internal sealed class SchemaPattern
{
    private const string Digits = "0-9";
    private const string WordCharacters = "A-Za-z0-9_";

    // The values are those of one answer: an expression that takes longer is one that a value was made for.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(100);

    private readonly Regex _regex;

    /// <exception cref="ArgumentException">The pattern is no regular expression.</exception>
    public SchemaPattern(string pattern)
    {
        var translated = Translate(pattern);
        try
        {
            _regex = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, LongestMatch);
        }
        catch (NotSupportedException)
        {
            _regex = new Regex(translated, RegexOptions.CultureInvariant, LongestMatch);
        }
    }

    /// <summary>Whether the text holds a match; a match that takes too long is none.</summary>
    public bool Matches(string text)
    {
        try
        {
            return _regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 8);
        var isInClass = false;
        for (var position = 0; position < pattern.Length; position++)
        {
            var character = pattern[position];
            if (character == '\\' && position + 1 < pattern.Length)
            {
                result.Append(Escape(pattern[++position], isInClass));
                continue;
            }

            result.Append(character switch
            {
                '$' when !isInClass => @"\z",
                '[' when isInClass => @"\[", // else .NET takes it for a subtraction
                _ => character,
            });
            isInClass = character switch
            {
                '[' => true,
                ']' => false,
                _ => isInClass,
            };
        }

        return result.ToString();
    }

    private static string Escape(char escaped, bool isInClass) => escaped switch
    {
        'd' => isInClass ? Digits : $"[{Digits}]",
        'w' => isInClass ? WordCharacters : $"[{WordCharacters}]",
        'D' when !isInClass => $"[^{Digits}]",
        'W' when !isInClass => $"[^{WordCharacters}]",
        _ => $@"\{escaped}",
    };
}
