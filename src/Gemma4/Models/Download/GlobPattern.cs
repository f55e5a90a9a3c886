namespace Gemma4.Models.Download;

/// <summary>File patterns: <c>?</c> and <c>*</c> within a name, <c>**</c> across folders; without a slash, by name in any folder.</summary>
internal static class GlobPattern
{
    internal static bool MatchesAny(IEnumerable<string> patterns, string path) => patterns.Any(pattern => Matches(pattern, path));

    internal static bool Matches(string pattern, string path) =>
        pattern.Contains('/')
            ? MatchesSegments(pattern.TrimStart('/').Split('/'), path.Split('/'))
            : MatchesName(pattern, path[(path.LastIndexOf('/') + 1)..]);

    private static bool MatchesSegments(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty)
        {
            return path.IsEmpty;
        }

        if (pattern[0] == "**")
        {
            return MatchesSegments(pattern[1..], path) || (!path.IsEmpty && MatchesSegments(pattern, path[1..]));
        }

        return !path.IsEmpty && MatchesName(pattern[0], path[0]) && MatchesSegments(pattern[1..], path[1..]);
    }

    // Goes back to the last star only, which is enough and keeps hostile patterns quick.
    private static bool MatchesName(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, n);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).Trim('*').IsEmpty;
    }
}
