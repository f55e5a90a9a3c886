namespace Gemma4.Safety.Detection;

/// <summary>How a placeholder is written: <c>&lt;NAME_12&gt;</c>, the name in capitals, digits and underscores.</summary>
internal static class PlaceholderSyntax
{
    /// <summary>The longest placeholder, brackets included.</summary>
    public const int MaxLength = 48;

    /// <summary>The length of the placeholder at the start of the text, or 0; tells whether more text could still make one.</summary>
    public static int Match(ReadOnlySpan<char> text, out bool mayContinue)
    {
        mayContinue = false;
        for (var position = 1; position < MaxLength; position++)
        {
            if (position >= text.Length)
            {
                mayContinue = true;
                return 0;
            }

            var character = text[position];
            if (character == '>')
            {
                return IsPlaceholder(text[1..position]) ? position + 1 : 0;
            }

            var fits = char.IsAsciiLetterUpper(character) || (position > 1 && (character == '_' || char.IsAsciiDigit(character)));
            if (!fits)
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>The entity in the characters and the length that a placeholder may have.</summary>
    public static string NameFor(string entity)
    {
        var name = new string([.. entity.ToUpperInvariant().Select(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) ? c : '_').Take(MaxLength - 16)]).Trim('_');
        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? "X" + name : name;
    }

    // NAME_12
    private static bool IsPlaceholder(ReadOnlySpan<char> inner)
    {
        var underscore = inner.LastIndexOf('_');
        return underscore > 0 && underscore + 1 < inner.Length && inner[(underscore + 1)..].IndexOfAnyExceptInRange('0', '9') < 0;
    }
}
