namespace Gemma4.Safety.Detection.Injection;

/// <summary>Joins letters that stand alone: "i g n o r e   a l l", "i-g-n-o-r-e". Two or more separators end a word.</summary>
internal static class SpacedLetters
{
    private const int ShortestRun = 5; // single letters in a row

    /// <summary>The text with such runs joined and mapped to the original, or null when there are none.</summary>
    public static MappedText? Join(MappedText folded)
    {
        var text = folded.Text;
        MappedTextWriter? writer = null;
        for (var position = 0; position < text.Length; position++)
        {
            var run = RunLength(text, position);
            if (run < ShortestRun)
            {
                continue;
            }

            writer ??= new MappedTextWriter(64);
            for (var letter = 0; letter < run; letter++)
            {
                var at = position + 2 * letter;
                var (start, length) = folded.ToOriginal(at, 1);
                writer.Append(text[at], start, start + length);
            }

            position += 2 * run - 2;
            var (last, lastLength) = folded.ToOriginal(position, 1);
            writer.Append(' ', last, last + lastLength);
        }

        return writer?.ToMappedText();
    }

    // Letters with exactly one and the same separator between them.
    private static int RunLength(string text, int start)
    {
        if (!char.IsLetter(text[start]) || (start > 0 && char.IsLetterOrDigit(text[start - 1])) || start + 1 >= text.Length || text[start + 1] is not (' ' or '-' or '.' or '_' or '*'))
        {
            return 0;
        }

        var separator = text[start + 1];
        var run = 1;
        var at = start;
        while (at + 2 < text.Length && text[at + 1] == separator && char.IsLetter(text[at + 2]) && (at + 3 >= text.Length || !char.IsLetterOrDigit(text[at + 3])))
        {
            run++;
            at += 2;
        }

        return run;
    }
}
