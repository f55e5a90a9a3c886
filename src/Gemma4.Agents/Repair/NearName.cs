namespace Gemma4.Agents.Repair;

/// <summary>
/// Which declared name a given one stands for, when only one can be meant. Edits that make another word of the same
/// shape (get and set, min and max, minimum and maximum, version 1 and 2) are never taken for typing errors.
/// </summary>
internal static class NearName
{
    // Below four letters nearly every edit is another word.
    private const int ShortWord = 4;
    private const int LongWord = 7;
    private const int TwoEditsLength = 8;

    /// <summary>The name that is meant, or null when none is or more than one could be.</summary>
    public static string? Resolve(string given, IReadOnlyCollection<string> names)
    {
        if (names.Contains(given))
        {
            return given;
        }

        string folded = Fold(given);
        if (folded.Length == 0)
        {
            return null;
        }

        string[] same = [.. names.Where(name => Fold(name) == folded)];
        return same.Length switch
        {
            1 => same[0],
            > 1 => null,
            _ => LastSegment(given, names) ?? Mistyped(given, names),
        };
    }

    /// <summary>The nearest names for an error text, nearest first, at most <paramref name="count"/>.</summary>
    public static IReadOnlyList<string> Nearest(string given, IEnumerable<string> names, int count)
    {
        string folded = Fold(given);
        return [.. names
            .Select(name => (Name: name, Distance: Distance(folded, Fold(name))))
            .Where(entry => entry.Distance <= Math.Max(2, entry.Name.Length / 3))
            .OrderBy(entry => entry.Distance).ThenBy(entry => entry.Name, StringComparer.Ordinal)
            .Take(count).Select(entry => entry.Name)];
    }

    /// <summary>Letters and digits in lower case; separators and case carry no meaning in names.</summary>
    public static string Fold(string name) => string.Concat(name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant));

    // functions.get_weather for get_weather, or factorial for math.factorial: a namespace added or forgotten.
    private static string? LastSegment(string given, IReadOnlyCollection<string> names)
    {
        char[] separators = ['.', ':', '/'];
        string tail = Fold(given[(given.LastIndexOfAny(separators) + 1)..]);
        string[] added = [.. names.Where(name => name.IndexOfAny(separators) < 0 && Fold(name) == tail)];
        string[] forgotten = given.IndexOfAny(separators) >= 0
            ? []
            : [.. names.Where(name => name.LastIndexOfAny(separators) is >= 0 and var dot && Fold(name[(dot + 1)..]) == tail)];
        return added.Length + forgotten.Length == 1 && tail.Length >= ShortWord ? added.Concat(forgotten).First() : null;
    }

    private static string? Mistyped(string given, IReadOnlyCollection<string> names)
    {
        (string Name, int Distance)[] ranked = [.. names
            .Select(name => (Name: name, Distance: Distance(given.ToLowerInvariant(), name.ToLowerInvariant())))
            .OrderBy(entry => entry.Distance).Take(2)];
        bool isClear = ranked.Length == 1 || (ranked.Length == 2 && ranked[1].Distance >= ranked[0].Distance + 2);
        return isClear && IsTypingError(given, ranked[0].Name, ranked[0].Distance) ? ranked[0].Name : null;
    }

    private static bool IsTypingError(string given, string name, int distance)
    {
        if (distance is 0 or > 2)
        {
            return false;
        }

        string left = given.ToLowerInvariant();
        string right = name.ToLowerInvariant();
        int prefix = left.AsSpan().CommonPrefixLength(right);
        int suffix = CommonSuffix(left.AsSpan(prefix), right.AsSpan(prefix));
        ReadOnlySpan<char> leftEdit = left.AsSpan(prefix, left.Length - prefix - suffix);
        ReadOnlySpan<char> rightEdit = right.AsSpan(prefix, right.Length - prefix - suffix);
        if (HasDigit(leftEdit) || HasDigit(rightEdit))
        {
            return false;
        }

        int word = Math.Min(WordLength(given, prefix), WordLength(name, prefix));
        if (word < ShortWord)
        {
            return false;
        }

        bool atStart = StartsWord(name, prefix) || StartsWord(given, prefix);
        if (distance == 1)
        {
            bool isSubstitution = left.Length == right.Length;
            // A leading a- turns a word into its opposite.
            return !atStart || (isSubstitution ? word >= LongWord || IsSwap(leftEdit, rightEdit) : !leftEdit.SequenceEqual("a") && !rightEdit.SequenceEqual("a"));
        }

        // Two letters replaced side by side is how opposites differ: minimum and maximum, import and export.
        bool sideBySide = left.Length == right.Length && leftEdit.Length == 2;
        return !atStart && !sideBySide && Math.Min(left.Length, right.Length) >= TwoEditsLength;
    }

    private static bool IsSwap(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length == 2 && right.Length == 2 && left[0] == right[1] && left[1] == right[0];

    private static bool HasDigit(ReadOnlySpan<char> text)
    {
        foreach (char letter in text)
        {
            if (char.IsDigit(letter))
            {
                return true;
            }
        }

        return false;
    }

    private static int CommonSuffix(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int length = 0;
        while (length < left.Length && length < right.Length && left[^(length + 1)] == right[^(length + 1)])
        {
            length++;
        }

        return length;
    }

    private static bool StartsWord(string name, int index) =>
        index == 0 || (index <= name.Length && (!char.IsLetterOrDigit(name[index - 1])
            || (index < name.Length && char.IsLower(name[index - 1]) && char.IsUpper(name[index]))));

    private static int WordLength(string name, int index)
    {
        int start = Math.Min(index, name.Length);
        while (start > 0 && !StartsWord(name, start))
        {
            start--;
        }

        int end = Math.Max(start + 1, Math.Min(index, name.Length));
        while (end < name.Length && char.IsLetterOrDigit(name[end]) && !StartsWord(name, end))
        {
            end++;
        }

        return Math.Min(end, name.Length) - start;
    }

    /// <summary>Fewest letters to insert, delete, replace or swap with their neighbour.</summary>
    public static int Distance(string from, string to)
    {
        int[] before = new int[to.Length + 1];
        int[] last = new int[to.Length + 1];
        int[] row = new int[to.Length + 1];
        for (int j = 0; j <= to.Length; j++)
        {
            last[j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int cost = from[i - 1] == to[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[to.Length];
    }
}
