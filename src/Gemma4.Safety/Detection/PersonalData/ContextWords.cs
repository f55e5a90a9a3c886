namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Looks for words that announce a value.</summary>
internal static class ContextWords
{
    /// <summary>How far before a value its context word may stand, in characters.</summary>
    public const int Reach = 64;

    /// <summary>Whether one of the words stands shortly before the position, as a word of its own.</summary>
    public static bool Precede(ReadOnlySpan<char> text, int position, string[] words)
    {
        var window = text[Math.Max(0, position - Reach)..position];
        foreach (var word in words)
        {
            var rest = window;
            for (var found = rest.IndexOf(word, StringComparison.OrdinalIgnoreCase); found >= 0;)
            {
                var end = found + word.Length;
                var startsWord = found == 0 || !char.IsLetter(rest[found - 1]) || !char.IsAsciiLetter(word[0]);
                if (startsWord && (end == rest.Length || !char.IsAsciiLetter(rest[end]) || rest[end] is 's' or 'S'))
                {
                    return true;
                }

                rest = rest[end..];
                found = rest.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            }
        }

        return false;
    }
}
