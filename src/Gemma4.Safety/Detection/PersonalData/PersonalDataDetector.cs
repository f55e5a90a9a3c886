using System.Collections.Frozen;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>One pass over the text: at the start of every word the shapes that fit it, at marks the scanners that need them.</summary>
internal sealed class PersonalDataDetector : ITextDetector
{
    private const int LongestSpaced = 56; // no finding with a space in it is longer
    private const int ShortestDate = 24;

    private static readonly RecogniserIndex Index = new(RecogniserTable.Rows);

    private readonly FrozenSet<string>? _entities;
    private readonly double _minScore;

    /// <param name="entities">The entities to report; all when null.</param>
    /// <param name="minScore">Findings below are dropped; 0 to 1.</param>
    public PersonalDataDetector(IEnumerable<string>? entities = null, double minScore = 0.4)
    {
        _entities = entities?.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _minScore = minScore;
    }

    public string Id => "personal-data";

    public int? HoldBack => InternetScanner.MaxUrlLength + 2 * LongestSpaced;

    public int LookBehind => ContextWords.Reach + LongestSpaced;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var plain = text.Plain;
        var matches = new List<Finding>();
        Scan(plain.Text, matches);
        foreach (var match in FindingOverlaps.Strongest(matches))
        {
            var (start, length) = plain.ToOriginal(match.Start, match.Length);
            found.Add(match with { Start = start, Length = length });
        }
    }

    public int SettledLength(TextView text)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        var tail = Math.Max(0, characters.Length - 2 * LongestSpaced);
        var digit = characters[tail..].IndexOfAnyInRange('0', '9');
        var settled = digit < 0 ? characters.Length - ShortestDate : tail + digit - ShortestDate;
        settled = Math.Clamp(settled, 0, characters.Length);

        // Never within a word: its start decides what it can be.
        var floor = Math.Max(0, characters.Length - HoldBack!.Value);
        while (settled > floor && !char.IsWhiteSpace(characters[settled - 1]))
        {
            settled--;
        }

        return settled == 0 ? 0 : plain.OriginalStart(settled);
    }

    private void Scan(ReadOnlySpan<char> text, List<Finding> found)
    {
        var urlEnd = 0;
        for (var position = 0; position < text.Length;)
        {
            var character = text[position];
            if (char.IsAsciiLetterOrDigit(character))
            {
                var end = RunEnd(text, position);
                if (position >= urlEnd)
                {
                    urlEnd = Math.Max(urlEnd, Word(text, position, end, found));
                }

                position = end;
                continue;
            }

            switch (character)
            {
                case '@':
                    var (start, mailEnd) = InternetScanner.Email(text, position);
                    Add(found, "email", "EMAIL", start, mailEnd, 1);
                    break;
                case '+' or '(' when position >= urlEnd && position + 1 < text.Length && (char.IsAsciiDigit(text[position + 1]) || text[position + 1] == '('):
                    if (character == '+' || !(position > 0 && (char.IsAsciiLetterOrDigit(text[position - 1]) || text[position - 1] == '+')))
                    {
                        var (phoneEnd, score) = PhoneScanner.Match(text, position);
                        Add(found, "phone", "PHONE", position, phoneEnd, score);
                    }

                    break;
                case ':' when position >= urlEnd && position + 1 < text.Length && text[position + 1] == ':' && (position == 0 || !char.IsAsciiLetterOrDigit(text[position - 1])):
                    Add(found, "ipv6", "IP_ADDRESS", position, InternetScanner.IPv6(text, position), 0.9);
                    break;
                case '-' when position >= urlEnd && position + 1 < text.Length && char.IsAsciiDigit(text[position + 1]):
                    Add(found, "coordinates", "COORDINATES", position, CoordinateScanner.Match(text, position), 0.8);
                    break;
            }

            position++;
        }
    }

    // Returns the end of a URL that starts here, or 0.
    private int Word(ReadOnlySpan<char> text, int start, int end, List<Finding> found)
    {
        var before = start == 0 ? ' ' : text[start - 1];
        if (before == '_' || (before > '\u007F' && char.IsLetter(before) && !IsUnspacedScript(before)))
        {
            return 0;
        }

        var isDigit = char.IsAsciiDigit(text[start]);
        var run = ClassRun(text, start, end, isDigit);
        var next = end < text.Length ? text[end] : ' ';
        var continues = before is '-' or '.' or '/' or ',' or ':' && start > 1 && char.IsAsciiDigit(text[start - 2]);
        if (!continues)
        {
            Shapes(text, start, Index.ByClass(isDigit, run), found);
            Shapes(text, start, Index.ByEither(end - start), found);
        }

        if (end - start >= 14 && CryptoAddresses.Score(text[start..end]) is > 0 and var crypto)
        {
            Add(found, "crypto", "CRYPTO_ADDRESS", start, end, crypto);
        }

        if (isDigit && !continues)
        {
            Number(text, start, end, before, next, found);
        }
        else if (run >= 2)
        {
            if (run == 2)
            {
                Add(found, "iban", "IBAN", start, IbanScanner.Match(text, start), 1);
            }

            // A month's name counts with a day behind it.
            if (end + 1 < text.Length && run >= 3 && (char.IsAsciiDigit(text[end + 1]) || (next == '.' && end + 2 < text.Length && char.IsAsciiDigit(text[end + 2]))))
            {
                Birth(text, start, found);
            }
        }

        if (next == ':' || (end - start == 2 && next == '-'))
        {
            Add(found, "mac", "MAC_ADDRESS", start, InternetScanner.Mac(text, start), 0.95);
            if (end - start <= 4 && before is not (':' or '.'))
            {
                Add(found, "ipv6", "IP_ADDRESS", start, InternetScanner.IPv6(text, start), 0.95);
            }
        }

        return before is '@' or '.' or '-' ? 0 : Address(text, start, end, before, found);
    }

    private int Address(ReadOnlySpan<char> text, int start, int end, char before, List<Finding> found)
    {
        var word = text[start..end];
        var rest = text[end..];
        if (rest.StartsWith("://") && word.Length <= 8 && char.IsAsciiLetter(word[0]))
        {
            var urlEnd = InternetScanner.Url(text, end + 3);
            Add(found, "url", "URL", start, urlEnd, 0.95);
            return urlEnd;
        }

        var label = rest.IndexOfAnyExcept(LabelCharacters);
        var dot = end + (label < 0 ? rest.Length : label);
        if (before is '/' or '\\' || dot + 1 >= text.Length || text[dot] != '.' || !char.IsLetterOrDigit(text[dot + 1]))
        {
            return 0;
        }

        var hostEnd = InternetScanner.BareHost(text, start);
        if (hostEnd < 0)
        {
            return 0;
        }

        var isUrl = word.Equals("www", StringComparison.OrdinalIgnoreCase) || (hostEnd < text.Length && text[hostEnd] == '/');
        var bareEnd = isUrl ? Math.Max(hostEnd, InternetScanner.Url(text, start)) : hostEnd;
        Add(found, isUrl ? "url" : "domain", isUrl ? "URL" : "DOMAIN", start, bareEnd, isUrl ? 0.9 : 0.7);
        return bareEnd;
    }

    private static System.Buffers.SearchValues<char> LabelCharacters { get; } =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    private void Number(ReadOnlySpan<char> text, int start, int end, char before, char next, List<Finding> found)
    {
        if (next == '.')
        {
            var address = InternetScanner.IPv4(text, start);
            if (address >= 0 && !ContextWords.Precede(text, start, ["version", "release", "section", "v", "ver"]))
            {
                Add(found, "ipv4", "IP_ADDRESS", start, address, 0.9);
            }

            if (before is not ('-' or '+'))
            {
                Add(found, "coordinates", "COORDINATES", start, CoordinateScanner.Match(text, start), 0.8);
            }
        }

        if (before is not ('+' or '(' or '$' or '€' or '£' or '#' or '='))
        {
            var (phoneEnd, score) = PhoneScanner.Match(text, start);
            Add(found, "phone", "PHONE", start, phoneEnd, score);
        }

        Birth(text, start, found);
    }

    private void Birth(ReadOnlySpan<char> text, int start, List<Finding> found)
    {
        var end = DateScanner.Match(text, start);
        if (end > 0 && ContextWords.Precede(text, start, DateScanner.BirthWords))
        {
            Add(found, "date-of-birth", "DATE_OF_BIRTH", start, end, 0.9);
        }
    }

    private void Shapes(ReadOnlySpan<char> text, int start, ReadOnlySpan<(Shape Shape, Recogniser Row)> candidates, List<Finding> found)
    {
        Span<char> value = stackalloc char[Shape.MaxValueLength];
        foreach (var (shape, row) in candidates)
        {
            var end = shape.Match(text, start, value, out var length);
            if (end < 0 || Continues(text, end) || !row.Check(value[..length]))
            {
                continue;
            }

            var score = row.ContextScore > row.Score && ContextWords.Precede(text, start, row.Context) ? row.ContextScore : row.Score;
            if (score >= _minScore && IsWanted(row.Entity))
            {
                found.Add(new Finding(row.Rule, RiskCategory.PersonalData, row.Entity, start, end - start, score));
            }
        }
    }

    private void Add(List<Finding> found, string name, string entity, int start, int end, double score)
    {
        if (end > start && score >= _minScore && IsWanted(entity))
        {
            found.Add(new Finding(Rules[name], RiskCategory.PersonalData, entity, start, end - start, score));
        }
    }

    private static FrozenDictionary<string, string> Rules { get; } =
        new[] { "email", "url", "domain", "phone", "ipv4", "ipv6", "mac", "coordinates", "crypto", "iban", "date-of-birth" }
            .ToFrozenDictionary(name => name, name => "personal-data/" + name);

    private bool IsWanted(string entity) => _entities is null || _entities.Contains(entity);

    private static bool Continues(ReadOnlySpan<char> text, int end) =>
        end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'
            || (text[end] is '-' or '.' or '/' or ',' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])));

    private static int RunEnd(ReadOnlySpan<char> text, int start)
    {
        var end = start + 1;
        while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        return end;
    }

    private static int ClassRun(ReadOnlySpan<char> text, int start, int end, bool isDigit)
    {
        var position = start + 1;
        while (position < end && char.IsAsciiDigit(text[position]) == isDigit)
        {
            position++;
        }

        return position - start;
    }

    // Chinese, Japanese, Korean and Thai write numbers right behind letters.
    private static bool IsUnspacedScript(char character) => character is (>= '\u0E00' and <= '\u0E7F') or (>= '\u2E80' and <= '\uD7FF');
}
