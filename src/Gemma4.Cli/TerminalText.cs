using System.Text;

namespace Gemma4.Cli;

/// <summary>Text of others on a terminal.</summary>
internal static class TerminalText
{
    /// <summary>Lines and tabs stay. What a model or a document writes must not move the cursor or retitle the window.</summary>
    public static string WithoutControls(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            result.Append(!char.IsControl(letter) || letter is '\n' or '\t' ? letter : '\uFFFD');
        }

        return result.ToString();
    }
}
