using System.Globalization;
using System.Text;

namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>
/// Reads the documented subset of ECMAScript's regular expressions: characters, <c>.</c>, classes, <c>\d \w \s</c> and
/// their complements, escapes, groups, alternatives, quantifiers and the anchors <c>^ $</c>. Look-around, word
/// boundaries, back references, <c>\p</c> and flags are refused by name.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxGroups = 200;

    private static readonly CharSet Digits = CharSet.Of(('0', '9'));
    private static readonly CharSet Words = CharSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));
    private static readonly CharSet LineEnds = CharSet.OfChars("\n\r\u2028\u2029");
    private static readonly CharSet Spaces = CharSet.Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private RegexParser(string pattern) => _pattern = pattern;

    private bool AtEnd => _at >= _pattern.Length;

    /// <exception cref="Gemma4ConstraintException">The pattern is damaged or uses something outside the subset.</exception>
    public static RegexTree Parse(string pattern)
    {
        var parser = new RegexParser(pattern);
        var tree = parser.ReadAlternatives();
        return parser.AtEnd ? tree : throw parser.Refuse("has a ')' that opens nothing");
    }

    private RegexTree ReadAlternatives()
    {
        if (++_depth > MaxGroups)
        {
            throw Refuse($"nests more than {MaxGroups} groups");
        }

        var branches = new List<RegexTree>();
        while (true)
        {
            var items = new List<RegexTree>();
            while (!AtEnd && _pattern[_at] is not ('|' or ')'))
            {
                items.Add(ReadQuantified());
            }

            branches.Add(items.Count == 1 ? items[0] : new RegexTree.Sequence([.. items]));
            if (AtEnd || _pattern[_at] == ')')
            {
                _depth--;
                return branches.Count == 1 ? branches[0] : new RegexTree.Alternation([.. branches]);
            }

            _at++;
        }
    }

    private RegexTree ReadQuantified()
    {
        var item = ReadAtom();
        while (!AtEnd && TryReadQuantifier(out var minimum, out var maximum))
        {
            if (item is RegexTree.Anchor)
            {
                throw Refuse("repeats an anchor");
            }

            if (!AtEnd && _pattern[_at] == '?')
            {
                // Lazy or greedy, the same texts match.
                _at++;
            }
            else if (!AtEnd && _pattern[_at] is '+' or '*')
            {
                throw Refuse("has a quantifier after a quantifier");
            }

            item = item.Times(minimum, maximum);
        }

        return item;
    }

    private bool TryReadQuantifier(out int minimum, out int maximum)
    {
        (minimum, maximum) = _pattern[_at] switch { '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), _ => (-1, -1) };
        if (minimum >= 0)
        {
            _at++;
            return true;
        }

        if (_pattern[_at] != '{')
        {
            return false;
        }

        var close = _pattern.IndexOf('}', _at);
        var parts = close < 0 ? [] : _pattern[(_at + 1)..close].Split(',');
        if (parts.Length is < 1 or > 2 || !TryCount(parts[0], out minimum))
        {
            // As in ECMAScript's lenient reading, a brace that counts nothing is a brace.
            return false;
        }

        maximum = parts.Length == 1 ? minimum : parts[1].Length == 0 ? -1 : TryCount(parts[1], out var most) ? most : -2;
        if (maximum == -2)
        {
            return false;
        }

        if (maximum >= 0 && maximum < minimum)
        {
            throw Refuse("has a count whose limits are reversed");
        }

        _at = close + 1;
        return true;
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private RegexTree ReadAtom()
    {
        var c = _pattern[_at];
        switch (c)
        {
            case '^':
            case '$':
                _at++;
                return new RegexTree.Anchor(c == '^');
            case '.':
                _at++;
                return RegexTree.Set(LineEnds.Complement());
            case '(':
                return ReadGroup();
            case '[':
                return RegexTree.Set(ReadClass());
            case '\\':
                return RegexTree.Set(ReadEscape(inClass: false));
            case '*' or '+' or '?':
                throw Refuse($"repeats nothing with '{c}'");
            default:
                var scalar = ReadScalar();
                return RegexTree.Set((scalar, scalar));
        }
    }

    private RegexTree ReadGroup()
    {
        _at++;
        if (!AtEnd && _pattern[_at] == '?')
        {
            var rest = _pattern.AsSpan(_at);
            if (rest.StartsWith("?:", StringComparison.Ordinal))
            {
                _at += 2;
            }
            else if (rest.StartsWith("?<", StringComparison.Ordinal) && rest.Length > 2 && rest[2] is not ('=' or '!')
                && rest.Contains('>'))
            {
                _at += rest.IndexOf('>') + 1;
            }
            else
            {
                throw Refuse("uses look-around or flags, which a constraint cannot follow");
            }
        }

        var tree = ReadAlternatives();
        if (AtEnd)
        {
            throw Refuse("has a '(' that is never closed");
        }

        _at++;
        return tree;
    }

    private CharSet ReadClass()
    {
        _at++;
        var isNegated = !AtEnd && _pattern[_at] == '^';
        _at += isNegated ? 1 : 0;
        var set = CharSet.None;
        while (true)
        {
            if (AtEnd)
            {
                throw Refuse("has a '[' that is never closed");
            }

            if (_pattern[_at] == ']')
            {
                _at++;
                return isNegated ? set.Complement() : set;
            }

            var first = ReadClassItem();
            var isRange = _at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']';
            if (!isRange)
            {
                set = set.Union(first);
                continue;
            }

            _at++;
            var last = ReadClassItem();
            if (!IsSingle(first) || !IsSingle(last))
            {
                // [\w-.]: a class is no end of a range, so the hyphen means itself.
                set = set.Union(first).Union(last).Union(CharSet.Of(('-', '-')));
            }
            else if (first.Ranges[0].Low > last.Ranges[0].Low)
            {
                throw Refuse("has a range whose ends are reversed");
            }
            else
            {
                set = set.Union(CharSet.Of((first.Ranges[0].Low, last.Ranges[0].Low)));
            }
        }
    }

    private static bool IsSingle(CharSet set) => set.Ranges.Length == 1 && set.Ranges[0].Low == set.Ranges[0].High;

    private CharSet ReadClassItem()
    {
        if (_pattern[_at] == '\\')
        {
            return ReadEscape(inClass: true);
        }

        var scalar = ReadScalar();
        return CharSet.Of((scalar, scalar));
    }

    private CharSet ReadEscape(bool inClass)
    {
        _at++;
        if (AtEnd)
        {
            throw Refuse("ends with a backslash");
        }

        var c = _pattern[_at++];
        switch (c)
        {
            case 'd': return Digits;
            case 'D': return Digits.Complement();
            case 'w': return Words;
            case 'W': return Words.Complement();
            case 's': return Spaces;
            case 'S': return Spaces.Complement();
            case 't': return One('\t');
            case 'n': return One('\n');
            case 'r': return One('\r');
            case 'f': return One('\f');
            case 'v': return One('\v');
            case 'b' when inClass: return One('\b');
            case '0' when AtEnd || !char.IsAsciiDigit(_pattern[_at]): return One('\0');
            case 'x': return One(ReadHex(2));
            case 'u': return One(ReadUnicode());
            case 'c' when !AtEnd && char.IsAsciiLetter(_pattern[_at]): return One(_pattern[_at++] % 32);
            default:
                if (char.IsAsciiLetterOrDigit(c))
                {
                    throw Refuse($"uses '\\{c}', which a constraint cannot follow");
                }

                _at--;
                return One(ReadScalar());
        }
    }

    private static CharSet One(int scalar) => CharSet.Of((scalar, scalar));

    private int ReadUnicode()
    {
        if (!AtEnd && _pattern[_at] == '{')
        {
            var close = _pattern.IndexOf('}', _at);
            if (close < 0 || close - _at > 8)
            {
                throw Refuse("has a '\\u{' without its end");
            }

            _at++;
            var wide = ReadHex(close - _at);
            _at++;
            return wide;
        }

        var unit = ReadHex(4);
        if (!char.IsHighSurrogate((char)unit) || !_pattern.AsSpan(_at).StartsWith("\\u", StringComparison.Ordinal))
        {
            return unit;
        }

        _at += 2;
        var low = ReadHex(4);
        return char.IsLowSurrogate((char)low)
            ? char.ConvertToUtf32((char)unit, (char)low)
            : throw Refuse("has half a surrogate pair");
    }

    private int ReadHex(int digits)
    {
        if (_at + digits > _pattern.Length || !int.TryParse(
            _pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw Refuse($"needs {digits} hexadecimal digits after its escape");
        }

        _at += digits;
        return value;
    }

    private int ReadScalar()
    {
        if (Rune.DecodeFromUtf16(_pattern.AsSpan(_at), out var rune, out var used) != System.Buffers.OperationStatus.Done)
        {
            throw Refuse("has half a surrogate pair");
        }

        _at += used;
        return rune.Value;
    }

    private Gemma4ConstraintException Refuse(string fact) => new(
        $"The regular expression '{_pattern}' {fact} (near character {Math.Min(_at, _pattern.Length)}). Supported are characters, "
        + "classes, \\d \\w \\s, groups, alternatives, * + ? {m,n} and the anchors ^ and $.");
}
