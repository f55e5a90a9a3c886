namespace Gemma4.House.Tests;

/// <summary>One block of C# code in a document. Preamble is what its readers do not see but it needs to compile.</summary>
internal sealed record DocumentBlock(string File, int Line, string Code, string Preamble)
{
    private const string Fence = "```";
    private const string PreambleStart = "<!-- csharp";

    /// <summary>The reason of a block that says in its first line why it is not compiled; null for all others.</summary>
    public string? NotCompiled => Code.StartsWith("// not compiled:", StringComparison.Ordinal)
        ? Code.Split('\n')[0]["// not compiled:".Length..].Trim()
        : null;

    /// <summary>
    /// All ```csharp blocks of a Markdown text. A comment that begins with <c>&lt;!-- csharp</c> right before a block is its preamble.
    /// </summary>
    public static IReadOnlyList<DocumentBlock> Read(string file, string markdown)
    {
        var blocks = new List<DocumentBlock>();
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var preamble = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith(PreambleStart, StringComparison.Ordinal))
            {
                var end = Array.FindIndex(lines, i, line => line.Contains("-->", StringComparison.Ordinal));
                preamble = string.Join('\n', lines[i..(end + 1)])[PreambleStart.Length..].Replace("-->", "", StringComparison.Ordinal);
                i = end;
            }
            else if (lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                var end = Array.FindIndex(lines, i + 1, line => line.StartsWith(Fence, StringComparison.Ordinal));
                if (end < 0)
                {
                    throw new InvalidDataException($"{file}, line {i + 1}: the code block has no end.");
                }

                if (lines[i].Trim() == Fence + "csharp")
                {
                    blocks.Add(new DocumentBlock(file, i + 2, string.Join('\n', lines[(i + 1)..end]), preamble));
                }

                preamble = "";
                i = end;
            }
            else if (lines[i].Length > 0)
            {
                preamble = "";
            }
        }

        return blocks;
    }
}
