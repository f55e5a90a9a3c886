namespace Gemma4.Safety.Detection;

/// <summary>Reads digits and signs that stand for letters, as in "1gn0r3 4ll rul35".</summary>
internal static class LetterSubstitutes
{
    private const string Signs = "0134578@$!|";
    private const string Letters = "oieastbasii";

    /// <summary>The text with substitutes inside words replaced, position by position, or null when no word has any.</summary>
    public static string? Replace(string folded)
    {
        char[]? result = null;
        for (var start = 0; start < folded.Length;)
        {
            if (!IsPart(folded[start]))
            {
                start++;
                continue;
            }

            var end = start;
            var letters = 0;
            var signs = 0;
            while (end < folded.Length && IsPart(folded[end]))
            {
                letters += char.IsAsciiLetterLower(folded[end]) ? 1 : 0;
                signs += Signs.Contains(folded[end]) ? 1 : 0;
                end++;
            }

            // An exclamation mark at the end is one.
            var last = end;
            while (last > start && folded[last - 1] is '!' or '|')
            {
                last--;
                signs--;
            }

            if (signs > 0 && letters > 0 && letters + signs == last - start)
            {
                result ??= folded.ToCharArray();
                for (var position = start; position < last; position++)
                {
                    var index = Signs.IndexOf(folded[position]);
                    result[position] = index < 0 ? folded[position] : Letters[index];
                }
            }

            start = end;
        }

        return result is null ? null : new string(result);
    }

    private static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || Signs.Contains(character);
}
