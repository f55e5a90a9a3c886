using System.Globalization;
using System.Text;

namespace Gemma4.Retrieval.Search;

/// <summary>
/// Turns text into the terms that keyword search compares: runs of letters and digits, lower case, without accents, without
/// stop words, stemmed. Chinese, Japanese and Korean characters become overlapping pairs, since those scripts do not part words.
/// </summary>
public sealed class TextAnalyzer
{
    // A longer run of letters is data (base64, a hash), of which the start is enough.
    private const int MaxTermLength = 64;

    private readonly HashSet<string> _stopWords;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _stopLookup;
    private readonly Func<string, string> _stem;

    /// <summary>Makes an analyzer.</summary>
    /// <param name="stopWords">Words that are left out, lower case and without accents.</param>
    /// <param name="stem">Cuts a lower-case word to its stem; called for each word and must be thread-safe.</param>
    public TextAnalyzer(IEnumerable<string> stopWords, Func<string, string> stem)
    {
        ArgumentNullException.ThrowIfNull(stopWords);
        ArgumentNullException.ThrowIfNull(stem);
        _stopWords = new HashSet<string>(stopWords, StringComparer.Ordinal);
        _stopLookup = _stopWords.GetAlternateLookup<ReadOnlySpan<char>>();
        _stem = stem;
    }

    /// <summary>English: Porter's stemmer and a short list of stop words.</summary>
    public static TextAnalyzer English { get; } = new(EnglishStopWords, PorterStemmer.Stem);

    /// <summary>Any language: words as they are.</summary>
    public static TextAnalyzer Plain { get; } = new([], static word => word);

    private static IEnumerable<string> EnglishStopWords =>
        ("a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with "
        + "what which who how when where why do does did can i you we he she from has have had").Split(' ');

    /// <summary>The terms of a text in their order.</summary>
    public IEnumerable<string> Terms(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> terms = [];
        StringBuilder word = new();
        char previous = '\0'; // the last character of a script without word borders
        foreach (char letter in Fold(text))
        {
            if (IsIdeograph(letter))
            {
                Flush(terms, word);
                terms.Add(previous == '\0' ? letter.ToString() : string.Concat([previous, letter]));
                previous = letter;
            }
            else
            {
                previous = '\0';
                if (char.IsLetterOrDigit(letter) || char.IsSurrogate(letter))
                {
                    word.Append(letter);
                }
                else if (letter is not ('\'' or '\u2019'))
                {
                    Flush(terms, word);
                }
            }
        }

        Flush(terms, word);
        return terms;
    }

    // Lower case, and for other than ASCII also without the marks that decomposition splits off.
    private static string Fold(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        StringBuilder folded = new(text.Length);
        foreach (char letter in SafeNormalize(text))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
            {
                folded.Append(char.ToLowerInvariant(letter));
            }
        }

        return folded.ToString();
    }

    private static string SafeNormalize(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKD);
        }
        catch (ArgumentException)
        {
            return text; // a lone surrogate: text from a damaged file is still searchable
        }
    }

    private static bool IsIdeograph(char letter) => letter is >= '\u3040' and <= '\u30FF' or >= '\u3400' and <= '\u9FFF' or >= '\uAC00' and <= '\uD7AF';

    private void Flush(List<string> terms, StringBuilder word)
    {
        if (word.Length > 0)
        {
            if (word.Length > MaxTermLength)
            {
                word.Length = MaxTermLength;
            }

            string term = word.ToString();
            if (!_stopLookup.Contains(term))
            {
                terms.Add(_stem(term));
            }

            word.Clear();
        }
    }
}
