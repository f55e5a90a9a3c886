namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds HTML that would run when a page shows the text: script and embedding elements, event handlers, active URLs.</summary>
internal sealed class UnsafeOutputDetector : ITextDetector
{
    private const int LongestTag = 1024;

    private static readonly string[] Elements =
        ["script", "iframe", "object", "embed", "form", "meta", "base", "link", "applet", "frame", "frameset", "svg", "math", "style", "portal"];

    private static readonly string[] ActiveSchemes = ["javascript:", "vbscript:", "data:text/html", "data:image/svg", "data:application/xhtml"];

    public string Id => "unsafe-output";

    public int? HoldBack => LongestTag + 32;

    public int LookBehind => 1;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        for (var position = 0; position < characters.Length; position++)
        {
            var offset = characters[position..].IndexOfAny('<', ':');
            if (offset < 0)
            {
                return;
            }

            position += offset;
            if (characters[position] == '<')
            {
                Tag(plain, characters, position, found);
            }
            else
            {
                Scheme(plain, characters, position, found);
            }
        }
    }

    public int SettledLength(TextView text)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        var floor = Math.Max(0, characters.Length - LongestTag);
        var settled = characters.Length;
        var open = characters[floor..].LastIndexOf('<');
        if (open >= 0 && characters[(floor + open)..].IndexOf('>') < 0)
        {
            settled = floor + open;
        }

        // "javascript" may be waiting for its colon, a scheme for the rest of it.
        var wordStart = settled;
        while (wordStart > floor && !char.IsWhiteSpace(characters[wordStart - 1]) && settled - wordStart < 32)
        {
            wordStart--;
        }

        return wordStart == 0 ? 0 : plain.OriginalStart(wordStart);
    }

    private static void Tag(MappedText plain, ReadOnlySpan<char> text, int start, ICollection<Finding> found)
    {
        var rest = text[(start + 1)..Math.Min(text.Length, start + LongestTag)];
        var nameLength = 0;
        while (nameLength < rest.Length && char.IsAsciiLetter(rest[nameLength]))
        {
            nameLength++;
        }

        if (nameLength == 0)
        {
            return;
        }

        var close = rest.IndexOf('>');
        var tag = close < 0 ? rest : rest[..close];
        var length = 1 + tag.Length + (close < 0 ? 0 : 1);
        foreach (var element in Elements)
        {
            // An element that carries no attribute and cannot act alone (svg, style) is harmless.
            if (rest[..nameLength].Equals(element, StringComparison.OrdinalIgnoreCase) && !(element is "svg" or "math"))
            {
                Add(plain, found, "unsafe-output/element", start, length, element is "script" or "iframe" or "object" or "embed" ? 0.95 : 0.7);
                return;
            }
        }

        if (HasHandler(tag[nameLength..]))
        {
            Add(plain, found, "unsafe-output/event-handler", start, length, 0.95);
        }
    }

    // An attribute whose name starts with "on" and has a value.
    private static bool HasHandler(ReadOnlySpan<char> attributes)
    {
        for (var position = 0; position + 4 < attributes.Length; position++)
        {
            if ((char.IsWhiteSpace(attributes[position]) || attributes[position] is '/' or '"' or '\'')
                && attributes[position + 1] is 'o' or 'O' && attributes[position + 2] is 'n' or 'N')
            {
                var end = position + 3;
                while (end < attributes.Length && char.IsAsciiLetter(attributes[end]))
                {
                    end++;
                }

                var value = attributes[end..].TrimStart();
                if (end - position > 4 && value is ['=', ..])
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void Scheme(MappedText plain, ReadOnlySpan<char> text, int colon, ICollection<Finding> found)
    {
        foreach (var scheme in ActiveSchemes)
        {
            var name = scheme.IndexOf(':');
            var start = colon - name;
            if (start >= 0 && text[start..].StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && (start == 0 || !char.IsAsciiLetterOrDigit(text[start - 1]))
                && start + scheme.Length < text.Length && !char.IsWhiteSpace(text[start + scheme.Length]))
            {
                Add(plain, found, "unsafe-output/active-url", start, scheme.Length, 0.9);
            }
        }
    }

    private static void Add(MappedText plain, ICollection<Finding> found, string rule, int start, int length, double score)
    {
        var (first, original) = plain.ToOriginal(start, length);
        found.Add(new Finding(rule, RiskCategory.UnsafeOutput, "UNSAFE_HTML", first, original, score));
    }
}
