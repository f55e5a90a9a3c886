namespace Gemma4.Cli.Arguments;

/// <summary>Finds what was probably meant by a mistyped word.</summary>
internal static class NearestName
{
    /// <summary>A sentence to append to an error, or nothing when no name is near.</summary>
    public static string Suggest(string word, IEnumerable<string> names)
    {
        string? nearest = null;
        var best = int.MaxValue;
        foreach (var name in names)
        {
            var distance = name.StartsWith(word, StringComparison.Ordinal) ? 1 : Distance(word, name);
            if (distance < best)
            {
                (nearest, best) = (name, distance);
            }
        }

        // More than a third of the letters wrong (but always up to two) is another word, not a typing error.
        return nearest is not null && best <= Math.Max(2, nearest.Length / 3) ? $" Did you mean '{nearest}'?" : "";
    }

    /// <summary>Fewest letters to insert, delete or replace to turn one word into the other.</summary>
    internal static int Distance(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
