namespace Gemma4.Safety.Detection.Injection;

/// <summary>Words of a folded text: runs of letters and digits.</summary>
internal static class FoldedWords
{
    public static List<(int Start, int End)> Split(ReadOnlySpan<char> text)
    {
        var words = new List<(int, int)>(text.Length / 6 + 1);
        for (var position = 0; position < text.Length;)
        {
            if (!char.IsLetterOrDigit(text[position]))
            {
                position++;
                continue;
            }

            var start = position;
            while (position < text.Length && char.IsLetterOrDigit(text[position]))
            {
                position++;
            }

            words.Add((start, position));
        }

        return words;
    }
}
