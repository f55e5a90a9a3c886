using System.Buffers;
using System.Collections.Frozen;
using Gemma4.Safety.Detection.PersonalData;

namespace Gemma4.Safety.Detection.Secrets;

/// <summary>Finds credentials: known token formats, key blocks, credentials in addresses, and random values behind a telling name.</summary>
internal sealed class SecretsDetector : ITextDetector
{
    private const int LongestKeyBlock = 8192;
    private const int LongestToken = 4096;
    private const string BlockStart = "-----BEGIN ";
    private const string BlockEnd = "-----END ";

    private static readonly FrozenDictionary<char, TokenRule[]> ByFirst =
        TokenTable.Rows.GroupBy(rule => rule.Prefix[0]).ToFrozenDictionary(group => group.Key, group => group.ToArray());

    private static readonly SearchValues<char> Starts = SearchValues.Create([.. ByFirst.Keys, '-', ':', '=', '@']);

    private static readonly SearchValues<char> AuthorityEnds = SearchValues.Create(" /\"'<>\t\n");

    public string Id => "secrets";

    public int? HoldBack => LongestKeyBlock + 128;

    public int LookBehind => 128;

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
        var floor = Math.Max(0, characters.Length - HoldBack!.Value);
        var settled = characters.Length;

        // A name and its value stand in one line, a value may be long: hold back the line's last two words.
        for (var words = 0; words < 3 && settled > floor; words++)
        {
            while (settled > floor && !char.IsWhiteSpace(characters[settled - 1]))
            {
                settled--;
            }

            if (words < 2)
            {
                while (settled > floor && char.IsWhiteSpace(characters[settled - 1]))
                {
                    settled--;
                }
            }
        }

        var block = characters[floor..].LastIndexOf(BlockStart);
        if (block >= 0 && KeyBlock(characters, floor + block) is var end && (end < 0 || end > settled))
        {
            settled = Math.Min(settled, floor + block);
        }

        return settled == 0 ? 0 : plain.OriginalStart(settled);
    }

    private static void Scan(ReadOnlySpan<char> text, List<Finding> found)
    {
        for (var position = 0; position < text.Length; position++)
        {
            var offset = text[position..].IndexOfAny(Starts);
            if (offset < 0)
            {
                return;
            }

            position += offset;
            switch (text[position])
            {
                case '-' when text[position..].StartsWith(BlockStart):
                    Add(found, "secret/private-key", "PRIVATE_KEY", position, KeyBlock(text, position) is > 0 and var end ? end : Unclosed(text, position), 1);
                    break;
                case ':' when text[position..].StartsWith("://"):
                    Credentials(text, position, found);
                    break;
                case ':' or '=':
                    NamedValue(text, position, found);
                    break;
            }

            if (ByFirst.TryGetValue(text[position], out var rules) && (position == 0 || !char.IsAsciiLetterOrDigit(text[position - 1]) || text[position] == '.'))
            {
                Tokens(text, position, rules, found);
            }
        }
    }

    private static void Tokens(ReadOnlySpan<char> text, int start, TokenRule[] rules, List<Finding> found)
    {
        foreach (var rule in rules)
        {
            var rest = text[start..];
            if (!rest.StartsWith(rule.Prefix))
            {
                continue;
            }

            var body = rest[rule.Prefix.Length..];
            body = body[..Math.Min(body.Length, rule.MaxLength + 1)];
            var length = body.IndexOfAnyExcept(rule.Body);
            length = length < 0 ? body.Length : length;
            while (length > 0 && body[length - 1] is '.' or '-' && length > rule.MinLength)
            {
                length--;
            }

            var token = rest[..(rule.Prefix.Length + length)];
            if (length >= rule.MinLength && length <= rule.MaxLength && !IsPlaceholder(token[rule.Prefix.Length..]) && rule.Check?.Invoke(token) != false
                && (rule.Context is null || ContextWords.Precede(text, start, rule.Context)))
            {
                Add(found, rule.Rule, "SECRET", start, start + token.Length, 0.95);
                return;
            }
        }
    }

    // The end of a closed block, or -1. Public keys and certificates are no secrets.
    private static int KeyBlock(ReadOnlySpan<char> text, int start)
    {
        var block = text[start..Math.Min(text.Length, start + LongestKeyBlock)];
        var close = block.IndexOf(BlockEnd);
        if (!IsPrivate(block) || close < 0)
        {
            return -1;
        }

        var tail = block[(close + BlockEnd.Length)..].IndexOf("-----");
        return tail < 0 ? -1 : start + close + BlockEnd.Length + tail + 5;
    }

    private static bool IsPrivate(ReadOnlySpan<char> block)
    {
        var header = block[BlockStart.Length..Math.Min(block.Length, 64)];
        var close = header.IndexOf("-----");
        return close > 0 && header[..close].IndexOf("PRIVATE KEY") >= 0;
    }

    private static int Unclosed(ReadOnlySpan<char> text, int start)
    {
        var end = Math.Min(text.Length, start + LongestKeyBlock);
        return IsPrivate(text[start..end]) ? end : -1;
    }

    // scheme://user:password@host; the finding is the password.
    private static void Credentials(ReadOnlySpan<char> text, int scheme, List<Finding> found)
    {
        var rest = text[(scheme + 3)..Math.Min(text.Length, scheme + 259)];
        var authority = rest.IndexOfAny(AuthorityEnds);
        authority = authority < 0 ? rest.Length : authority;
        var at = rest[..authority].LastIndexOf('@');
        var colon = at < 0 ? -1 : rest[..at].IndexOf(':');
        if (colon >= 0 && at - colon > 3 && !IsPlaceholder(rest[(colon + 1)..at]))
        {
            Add(found, "secret/credentials-in-url", "PASSWORD", scheme + 3 + colon + 1, scheme + 3 + at, 0.9);
        }
    }

    private static void NamedValue(ReadOnlySpan<char> text, int separator, List<Finding> found)
    {
        var kind = SecretNames.KindBefore(text[Math.Max(0, separator - SecretNames.Longest)..separator]);
        if (kind == SecretNameKind.None)
        {
            return;
        }

        var start = separator + 1;
        while (start < text.Length && start - separator < 5 && text[start] is ' ' or '"' or '\'' or '=' or '>' or ':')
        {
            start++;
        }

        var end = start;
        var quote = text[start - 1] is '"' or '\'' ? text[start - 1] : '\0';
        while (end < text.Length && end - start < LongestToken && text[end] is not ('"' or '\'' or '<' or '>' or '`' or '\n' or '\r')
            && (quote != '\0' || (!char.IsWhiteSpace(text[end]) && text[end] is not (';' or ',' or '&' or ')' or '}'))))
        {
            end++;
        }

        // In prose a value behind a colon may end a sentence.
        while (end > start && text[end - 1] is '.' or '!' or '?' && quote == '\0' && text[separator] == ':')
        {
            end--;
        }

        var value = text[start..end];
        var isSecret = !IsPlaceholder(value)
            && (kind == SecretNameKind.Password ? SecretEntropy.LooksLikePassword(value, quote != '\0' || text[separator] == '=') : SecretEntropy.LooksRandom(value));
        if (isSecret)
        {
            var isPassword = kind == SecretNameKind.Password;
            Add(found, isPassword ? "secret/password" : "secret/named-value", isPassword ? "PASSWORD" : "SECRET", start, end, 0.75);
        }
    }

    private static bool IsPlaceholder(ReadOnlySpan<char> value)
    {
        foreach (var mark in SecretNames.PlaceholderMarks)
        {
            if (value.Contains(mark, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return value.Length == 0 || value[0] is '<' or '{' or '$' or '[' or '%' or '*' || Checksums.AllSame(value);
    }

    private static void Add(List<Finding> found, string rule, string entity, int start, int end, double score)
    {
        if (end > start)
        {
            found.Add(new Finding(rule, RiskCategory.Secret, entity, start, end - start, score));
        }
    }
}
