namespace Gemma4.Models.Download;

/// <summary>Refuses paths of a listing that could leave the model folder or mean another file on some system.</summary>
internal static class ListingPath
{
    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(0, 10).SelectMany(digit => new[] { $"com{digit}", $"lpt{digit}" })],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a path, or null.</summary>
    internal static string? Problem(string path)
    {
        if (path.Length is 0 or > 400)
        {
            return "is empty or longer than 400 characters";
        }

        foreach (char letter in path)
        {
            if (letter < ' ' || letter == '\x7f' || letter is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
            {
                return $"holds the character {(int)letter:x2}h";
            }
        }

        foreach (string part in path.Split('/'))
        {
            if (part.Length == 0)
            {
                return "is absolute or has an empty part";
            }

            if (part[^1] is '.' or ' ' || part[0] == ' ')
            {
                return "has a part that begins or ends with a space or ends with a dot";
            }

            if (Devices.Contains(part.Split('.')[0].TrimEnd()))
            {
                return $"has the reserved name '{part}'";
            }
        }

        return path.Split('/')[0].Equals(ModelManifest.FileName, StringComparison.OrdinalIgnoreCase)
            ? "is the name of this library's own record"
            : null;
    }

    /// <summary>Two files that one place would have to hold, on a system that ignores case, or null.</summary>
    internal static string? Collision(IEnumerable<string> paths)
    {
        HashSet<string> files = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> folders = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in paths)
        {
            if (!files.Add(path))
            {
                return path;
            }

            for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                folders.Add(path[..slash]);
            }
        }

        return files.FirstOrDefault(folders.Contains);
    }
}
