using System.Globalization;
using System.Text;
using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>
/// Reads grammars in a small EBNF, close to GBNF: <c>name ::= alternatives</c> with literals, classes, <c>/regex/</c>,
/// rule names, groups, <c>? * + {m,n}</c> and comments from <c>#</c> or <c>//</c>.
/// </summary>
internal sealed class GrammarReader
{
    private const int MaxGroups = 200;

    private readonly string _text;
    private readonly ConstraintBudget _budget;
    private int _at;
    private int _depth;

    public GrammarReader(string text, ConstraintBudget budget)
    {
        _text = text;
        _budget = budget;
    }

    /// <summary>The rules by name, in the order they were written.</summary>
    public List<(string Name, GrammarTree Body, int Line, int Column)> Read()
    {
        var rules = new List<(string, GrammarTree, int, int)>();
        Skip();
        while (_at < _text.Length)
        {
            var (line, column) = Position(_at);
            var name = ReadName();
            if (name.Length == 0 || !TryDefine())
            {
                throw Refuse("a rule like 'name ::= ...' was expected");
            }

            rules.Add((name, ReadAlternatives(), line, column));
            Skip();
            if (_at < _text.Length && _text[_at] == ';')
            {
                _at++;
                Skip();
            }
        }

        return rules.Count > 0 ? rules : throw Refuse("the grammar has no rule");
    }

    public static Gemma4ConstraintException Refuse(string fact, int line, int column) =>
        new($"The grammar cannot be read at line {line}, column {column}: {fact}.");

    private Gemma4ConstraintException Refuse(string fact)
    {
        var (line, column) = Position(_at);
        return Refuse(fact, line, column);
    }

    private (int Line, int Column) Position(int at)
    {
        var before = _text.AsSpan(0, Math.Min(at, _text.Length));
        return (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    private GrammarTree ReadAlternatives()
    {
        if (++_depth > MaxGroups)
        {
            throw Refuse($"more than {MaxGroups} groups lie inside each other");
        }

        var branches = new List<GrammarTree>();
        while (true)
        {
            var items = new List<GrammarTree>();
            while (TryReadItem(out var item))
            {
                items.Add(item);
                Skip();
            }

            branches.Add(items.Count == 1 ? items[0] : new GrammarTree.Sequence([.. items]));
            if (_at >= _text.Length || _text[_at] != '|')
            {
                _depth--;
                return branches.Count == 1 ? branches[0] : new GrammarTree.Alternation([.. branches]);
            }

            _at++;
        }
    }

    private bool TryReadItem(out GrammarTree item)
    {
        Skip();
        item = null!;
        if (_at >= _text.Length || _text[_at] is '|' or ')' or ';' || StartsRule())
        {
            return false;
        }

        _budget.Spend(1, "The grammar");
        item = ReadAtom();
        while (_at < _text.Length && TryReadCount(out var minimum, out var maximum))
        {
            item = item is GrammarTree.Characters { Pattern: { Minimum: 1, Maximum: 1, Automaton.StateCount: 1 } one }
                ? new GrammarTree.Characters(one with
                {
                    Minimum = minimum,
                    Maximum = maximum < 0 ? CharPattern.Unlimited : maximum,
                })
                : new GrammarTree.Repeat(item, minimum, maximum < 0 ? RepeatNode.Unlimited : maximum);
        }

        return true;
    }

    // A name with a definition mark behind it begins the next rule.
    private bool StartsRule()
    {
        var start = _at;
        var isRule = ReadName().Length > 0 && TryDefine();
        _at = start;
        return isRule;
    }

    private bool TryDefine()
    {
        Skip();
        foreach (var mark in (ReadOnlySpan<string>)["::=", ":=", ":", "="])
        {
            if (_text.AsSpan(_at).StartsWith(mark, StringComparison.Ordinal))
            {
                _at += mark.Length;
                return true;
            }
        }

        return false;
    }

    private string ReadName()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private GrammarTree ReadAtom()
    {
        switch (_text[_at])
        {
            case '"' or '\'':
                return ReadLiteral();
            case '[':
                return ReadExpression(FindEnd(']'));
            case '/':
                var end = FindEnd('/');
                var expression = _text[(_at + 1)..(end - 1)].Replace("\\/", "/", StringComparison.Ordinal);
                return Expression(expression, end);
            case '.':
                _at++;
                return new GrammarTree.Characters(new CharPattern(
                    CharAutomaton.Loop(CharSet.Any.Except(CharSet.OfChars("\n\r"))), 1, 1));
            case '(':
                _at++;
                var group = ReadAlternatives();
                if (_at >= _text.Length || _text[_at] != ')')
                {
                    throw Refuse("')' was expected");
                }

                _at++;
                return group;
            default:
                var (line, column) = Position(_at);
                var name = ReadName();
                return name.Length > 0
                    ? new GrammarTree.Reference(name, line, column)
                    : throw Refuse($"'{_text[_at]}' begins nothing that a grammar has");
        }
    }

    private GrammarTree.Characters ReadExpression(int end) => Expression(_text[_at..end], end);

    private GrammarTree.Characters Expression(string expression, int end)
    {
        try
        {
            var pattern = expression.StartsWith('[') && CharSetOf(expression) is { } set
                ? new CharPattern(CharAutomaton.Loop(set), 1, 1)
                : CharPattern.FromExpression(
                    RegexParser.Parse(expression), isSearch: false, $"The expression '{expression}'", _budget);
            if (pattern is null)
            {
                throw Refuse($"'{expression}' matches nothing");
            }

            _at = end;
            return new GrammarTree.Characters(pattern);
        }
        catch (Gemma4ConstraintException problem) when (!problem.Message.StartsWith("The grammar", StringComparison.Ordinal))
        {
            throw Refuse(problem.Message.TrimEnd('.'));
        }
    }

    private static CharSet? CharSetOf(string expression) =>
        RegexParser.Parse(expression) is RegexTree.Chars { Characters.IsEmpty: false } chars ? chars.Characters : null;

    private int FindEnd(char mark)
    {
        for (var i = _at + 1; i < _text.Length && _text[i] != '\n'; i++)
        {
            if (_text[i] == '\\')
            {
                i++;
            }
            else if (_text[i] == mark)
            {
                return i + 1;
            }
        }

        throw Refuse($"its '{mark}' is missing");
    }

    private GrammarTree.Literal ReadLiteral()
    {
        var end = FindEnd(_text[_at]);
        var text = new StringBuilder();
        for (var i = _at + 1; i < end - 1; i++)
        {
            if (_text[i] != '\\')
            {
                text.Append(_text[i]);
                continue;
            }

            var escape = _text[++i];
            var digits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                if (i + digits >= end || !int.TryParse(
                    _text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var scalar)
                    || !Rune.IsValid(scalar))
                {
                    throw Refuse($"'\\{escape}' needs {digits} hexadecimal digits of a character");
                }

                text.Append(char.ConvertFromUtf32(scalar));
                i += digits;
            }
            else
            {
                text.Append(escape switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escape });
            }
        }

        _at = end;
        return new GrammarTree.Literal(text.ToString());
    }

    private bool TryReadCount(out int minimum, out int maximum)
    {
        (minimum, maximum) = _text[_at] switch { '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), _ => (-1, -1) };
        if (minimum >= 0)
        {
            _at++;
            return true;
        }

        if (_text[_at] != '{')
        {
            return false;
        }

        var end = FindEnd('}');
        var parts = _text[(_at + 1)..(end - 1)].Split(',', StringSplitOptions.TrimEntries);
        var isRead = parts.Length is 1 or 2 && TryCount(parts[0], 0, out minimum);
        maximum = minimum;
        isRead = isRead && (parts.Length == 1 || TryCount(parts[1], -1, out maximum));
        if (!isRead || (maximum >= 0 && maximum < minimum))
        {
            throw Refuse("a count like {2}, {2,} or {2,5} was expected");
        }

        _at = end;
        return true;
    }

    private static bool TryCount(string text, int whenEmpty, out int count)
    {
        count = whenEmpty;
        return text.Length == 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    private void Skip()
    {
        while (_at < _text.Length)
        {
            var isComment = _text[_at] == '#' || _text.AsSpan(_at).StartsWith("//", StringComparison.Ordinal);
            if (isComment)
            {
                var line = _text.IndexOf('\n', _at);
                _at = line < 0 ? _text.Length : line + 1;
            }
            else if (char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }
}
