using System.Text;

namespace Gemma4.Prompting;

/// <summary>
/// Removes thoughts that stand in model text as literal markers, by the template's rule and in both modes: history
/// must not hold earlier thoughts. An unclosed thought swallows the rest; a stray closer just disappears.
/// </summary>
internal static class ThoughtStripper
{
    public static string Strip(string text)
    {
        if (!text.Contains(ControlToken.ChannelStart, StringComparison.Ordinal)
            && !text.Contains(ControlToken.ChannelEnd, StringComparison.Ordinal))
        {
            return PythonText.Trim(text);
        }

        var kept = new StringBuilder();
        foreach (var piece in text.Split(ControlToken.ChannelEnd))
        {
            var start = piece.IndexOf(ControlToken.ChannelStart, StringComparison.Ordinal);
            kept.Append(start < 0 ? piece : piece[..start]);
        }

        return PythonText.Trim(kept.ToString());
    }
}
