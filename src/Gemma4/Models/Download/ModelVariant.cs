namespace Gemma4.Models.Download;

/// <summary>One of the models that a repository holds, with all files it needs.</summary>
internal sealed record ModelVariant(string Name, IReadOnlyList<HubFile> Files)
{
    internal const string Checkpoint = "checkpoint";
    internal const string Selection = "selection";

    internal long Bytes => Files.Sum(file => file.Size);

    /// <summary>The one name that <paramref name="precision"/> means, or those it could mean.</summary>
    internal static IReadOnlyList<string> Match(IReadOnlyList<string> names, string? precision)
    {
        if (precision is null)
        {
            return names;
        }

        string[] exact = [.. names.Where(name => name.Equals(precision, StringComparison.OrdinalIgnoreCase))];
        return exact.Length > 0 ? exact : [.. names.Where(name => HasPart(name, precision))];
    }

    // 'int4' is a part of 'cpu-int4-rtn', 'q4' is none of 'q4f16'.
    private static bool HasPart(string name, string part)
    {
        for (int at = name.IndexOf(part, StringComparison.OrdinalIgnoreCase); at >= 0; at = name.IndexOf(part, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            int end = at + part.Length;
            if ((at == 0 || !char.IsLetterOrDigit(name[at - 1])) && (end == name.Length || !char.IsLetterOrDigit(name[end])))
            {
                return true;
            }
        }

        return false;
    }
}
