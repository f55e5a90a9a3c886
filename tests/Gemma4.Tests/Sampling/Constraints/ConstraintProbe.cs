using System.Text;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Sampling.Constraints;

/// <summary>Feeds tokens to a constraint the way the decode loop does, and checks that mask and acceptance agree.</summary>
internal sealed class ConstraintProbe
{
    private readonly Gemma4Tokenizer _tokenizer;
    private readonly CompiledGrammar _grammar;
    private readonly ulong[] _mask;
    private readonly int[] _byteTokens = new int[256];

    public ConstraintProbe(Gemma4Tokenizer tokenizer, CompiledGrammar grammar)
    {
        _tokenizer = tokenizer;
        _grammar = grammar;
        _mask = new ulong[(tokenizer.VocabularySize + 63) / 64];
        for (var token = tokenizer.VocabularySize - 1; token >= 0; token--)
        {
            if (!tokenizer.IsControl(token) && tokenizer.GetBytes(token) is [var only])
            {
                _byteTokens[only] = token;
            }
        }
    }

    public static Gemma4Tokenizer Nano { get; } = Gemma4Tokenizer.Load(TestData.Path("nano", "tokenizer.json"));

    public static ConstraintProbe Of(Gemma4Constraint constraint, ThoughtPrefix thought = ThoughtPrefix.None) =>
        new(Nano, Compile(Nano, constraint, [1, 106], thought));

    /// <summary>The constraint alone, without tools.</summary>
    public static CompiledGrammar Compile(Gemma4Tokenizer tokenizer, Gemma4Constraint constraint, IReadOnlyList<int> stopTokens, ThoughtPrefix thought = ThoughtPrefix.None) =>
        ToolCallConstraint.Compile(tokenizer, [], ChatToolMode.None, allowMultiple: true, thought, stopTokens, answer: constraint.Root);

    /// <summary>Whether tokens are allowed one by one and the text may end behind them.</summary>
    public bool Accepts(IEnumerable<int> tokens)
    {
        var matcher = _grammar.Begin();
        foreach (var token in tokens)
        {
            _mask.AsSpan().Fill(ulong.MaxValue);
            Assert.True(matcher.FillMask(_mask));
            var isMarked = IsMarked(token);
            var isTaken = matcher.TryAccept(token);
            Assert.True(isMarked == isTaken, $"Token {token} '{_tokenizer.Decode([token])}': mask {isMarked}, accepted {isTaken}.");
            if (!isTaken)
            {
                return false;
            }
        }

        _mask.AsSpan().Fill(ulong.MaxValue);
        matcher.FillMask(_mask);
        Assert.Equal(matcher.IsComplete, IsMarked(_grammar.StopTokens[0]));
        return matcher.IsComplete;
    }

    public bool Accepts(string text) => Accepts(_tokenizer.EncodeText(text));

    /// <summary>Tokens of a text that need not be the tokenizer's own: pieces of it, and single bytes.</summary>
    public List<int> SplitAnyhow(string text, Random random)
    {
        var tokens = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(text.Length, at + random.Next(1, 6));
            if (end < text.Length && char.IsLowSurrogate(text[end]))
            {
                end++;
            }

            var piece = text[at..end];
            if (random.Next(3) == 0)
            {
                foreach (var value in Encoding.UTF8.GetBytes(piece))
                {
                    tokens.Add(_byteTokens[value]);
                }
            }
            else
            {
                tokens.AddRange(_tokenizer.EncodeText(piece));
            }

            at = end;
        }

        return tokens;
    }

    /// <summary>Picks allowed tokens until the end; null when that takes too long.</summary>
    public string? Walk(Random random, int mostTokens)
    {
        var matcher = _grammar.Begin();
        var tokens = new List<int>();
        var allowed = new List<int>();
        while (tokens.Count < mostTokens)
        {
            _mask.AsSpan().Fill(ulong.MaxValue);
            matcher.FillMask(_mask);
            var isLate = tokens.Count > 30;
            if (IsMarked(_grammar.StopTokens[0]) && (isLate || random.Next(4) == 0))
            {
                return _tokenizer.Decode([.. tokens]);
            }

            allowed.Clear();
            for (var token = 0; token < _tokenizer.VocabularySize; token++)
            {
                if (IsMarked(token) && !_grammar.StopTokens.Contains(token))
                {
                    allowed.Add(token);
                }
            }

            if (allowed.Count == 0)
            {
                // Nothing but the end is left.
                Assert.True(matcher.IsAtEnd);
                return _tokenizer.Decode([.. tokens]);
            }

            var pick = allowed[random.Next(allowed.Count)];
            if (isLate || random.Next(3) == 0)
            {
                // Towards the end: what closes something, if anything may be closed.
                foreach (var closer in "\"}]:,0\\")
                {
                    if (IsMarked(_byteTokens[closer]))
                    {
                        pick = _byteTokens[closer];
                        break;
                    }
                }
            }

            matcher.Accept(pick);
            tokens.Add(pick);
        }

        return null;
    }

    /// <summary>Compares the mask with trying tokens one by one.</summary>
    public int CheckMask(GrammarMatcher matcher, int stride)
    {
        _mask.AsSpan().Fill(ulong.MaxValue);
        matcher.FillMask(_mask);
        var compared = 0;
        for (var token = stride / 2; token < _tokenizer.VocabularySize; token += stride)
        {
            if (_tokenizer.IsControl(token) || _tokenizer.GetBytes(token).Length > 0)
            {
                Assert.True(
                    IsMarked(token) == matcher.Clone().TryAccept(token),
                    $"Token {token} '{_tokenizer.Decode([token])}': mask {IsMarked(token)} {matcher.Describe()}.");
                compared++;
            }
        }

        return compared;
    }

    private bool IsMarked(int token) => (_mask[token / 64] >> (token % 64) & 1) != 0;
}
