using System.Text;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>Follows one response through a grammar. Cheap to copy: its place is one reference.</summary>
internal sealed class GrammarMatcher : ITokenConstraint
{
    private const int LongestExcerpt = 80;

    private readonly CompiledGrammar _grammar;
    private Configuration _configuration;
    private bool _isEnded;
    private int _accepted;

    public GrammarMatcher(CompiledGrammar grammar)
    {
        _grammar = grammar;
        _configuration = grammar.Start();
    }

    private GrammarMatcher(GrammarMatcher other)
    {
        _grammar = other._grammar;
        _configuration = other._configuration;
        _isEnded = other._isEnded;
        _accepted = other._accepted;
    }

    /// <summary>The text may end here, or has ended.</summary>
    public bool IsComplete => _isEnded || _configuration.Accepts;

    /// <summary>Nothing can follow but the end.</summary>
    public bool IsAtEnd => _isEnded || (_configuration.Accepts && _configuration.Tops.Length == 0);

    public GrammarMatcher Clone() => new(this);

    public bool FillMask(Span<ulong> mask)
    {
        if (_isEnded)
        {
            mask.Clear();
            foreach (var stop in _grammar.StopTokens)
            {
                mask[stop / 64] |= 1UL << (stop % 64);
            }

            return true;
        }

        var allowed = _grammar.MaskOf(_configuration);
        if (allowed.IsEmpty)
        {
            throw new Gemma4ConstraintException(
                $"No token can go on {Describe()}. Report the schema or grammar: a constraint must not lead here.");
        }

        allowed.Fill(mask);
        return true;
    }

    public void Accept(int token)
    {
        if (!TryAccept(token))
        {
            throw new Gemma4ConstraintException(
                $"Token {token} ('{_grammar.Vocabulary.Tokenizer.Decode([token])}') is not allowed {Describe()}. Pick tokens "
                + "from the mask only, and tell the constraint each of them once.");
        }
    }

    /// <summary>Takes a token if it is allowed; otherwise nothing changes.</summary>
    public bool TryAccept(int token)
    {
        var isStop = _grammar.StopTokens.Contains(token);
        if (_isEnded || (isStop && _configuration.Accepts))
        {
            _isEnded = true;
            return isStop;
        }

        var tokenizer = _grammar.Vocabulary.Tokenizer;
        if ((uint)token >= (uint)tokenizer.VocabularySize)
        {
            return false;
        }

        return tokenizer.IsControl(token)
            ? TryMove(_grammar.StepControl(_configuration, token))
            : TryAcceptBytes(tokenizer.GetBytes(token));
    }

    public bool TryAcceptBytes(ReadOnlySpan<byte> bytes) =>
        !_isEnded && TryMove(_grammar.Step(_configuration, bytes));

    /// <summary>
    /// The tokens that must come next: those without any alternative, and the tokens of a text without any. The last token
    /// of such a text is left out, since it could also be written together with what follows.
    /// </summary>
    public int[] FindForced(int limit)
    {
        var ahead = Clone();
        var forced = new List<int>();
        while (forced.Count < limit && !ahead._isEnded)
        {
            var only = _grammar.MaskOf(ahead._configuration).Only;
            if (only >= 0)
            {
                ahead.Accept(only);
                forced.Add(only);
                continue;
            }

            var text = ahead.FindForcedText();
            var tokens = _grammar.Vocabulary.Tokenizer.EncodeText(text);
            if (tokens.Length < 2)
            {
                break;
            }

            foreach (var token in tokens.AsSpan(0, tokens.Length - 1))
            {
                ahead.Accept(token);
                forced.Add(token);
            }
        }

        return [.. forced];
    }

    /// <summary>Where the response stands, for messages.</summary>
    public string Describe()
    {
        var expected = new List<string>();
        foreach (var top in _configuration.Tops)
        {
            var description = top.Node.Describe(top);
            if (!expected.Contains(description) && expected.Count < 5)
            {
                expected.Add(description);
            }
        }

        if (_configuration.Accepts)
        {
            expected.Add("the end");
        }

        var text = string.Join(", ", expected);
        text = text.Length > LongestExcerpt * 4 ? text[..(LongestExcerpt * 4)] + "..." : text;
        return FormattableString.Invariant($"after {_accepted} steps, where the constraint expects {text}");
    }

    private string FindForcedText()
    {
        var place = _configuration;
        var bytes = new List<byte>();
        while (bytes.Count < 256 && !place.Accepts && !place.IsDead)
        {
            var only = OnlyByte(place);
            if (only < 0)
            {
                break;
            }

            bytes.Add((byte)only);
            place = _grammar.Step(place, [(byte)only]);
        }

        // A text that ends within a character is cut before it.
        var text = Encoding.UTF8.GetString([.. bytes]);
        return text.TrimEnd('\uFFFD');
    }

    private int OnlyByte(Configuration place)
    {
        foreach (var top in place.Tops)
        {
            if (top.Node is Grammars.ControlNode)
            {
                return -1;
            }
        }

        var only = -1;
        for (var value = 0; value < 256; value++)
        {
            if (!_grammar.Step(place, [(byte)value]).IsDead)
            {
                if (only >= 0)
                {
                    return -1;
                }

                only = value;
            }
        }

        return only;
    }

    private bool TryMove(Configuration next)
    {
        if (next.IsDead)
        {
            return false;
        }

        _configuration = next;
        _accepted++;
        return true;
    }
}
