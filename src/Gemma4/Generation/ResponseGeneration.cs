using System.Runtime.InteropServices;
using Gemma4.Parsing;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints.Matching;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>
/// One response as it grows: logits go in, tokens that the model has to read next come out, and content on the way.
/// Whoever owns the session feeds them.
/// </summary>
internal sealed class ResponseGeneration
{
    // Forced tokens come out one by one; this many are looked ahead for at a time.
    private const int MostForced = 64;

    private readonly Sampler _sampler;
    private readonly GrammarMatcher? _constraint;
    private readonly ResponseParser _parser;
    private readonly GenerationLimits _limits;
    private readonly List<int> _tokens = [];
    private readonly Queue<int> _forced = new();
    private int _read;

    /// <param name="sampler">The sampler, which tells <paramref name="constraint"/> what was picked.</param>
    /// <param name="constraint">What constrains the response, or null.</param>
    /// <param name="parser">The parser.</param>
    /// <param name="limits">What ends the response.</param>
    public ResponseGeneration(Sampler sampler, GrammarMatcher? constraint, ResponseParser parser, GenerationLimits limits)
    {
        _sampler = sampler;
        _constraint = constraint;
        _parser = parser;
        _limits = limits;
    }

    public int OutputTokens => _tokens.Count;

    /// <summary>The tokens of the response so far, the one that ended it included.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Those that the model has not read yet.</summary>
    public ReadOnlySpan<int> Unread => Tokens[_read..];

    /// <summary>How many of the tokens nothing else could have been, so that the model was not asked.</summary>
    public int ForcedTokens { get; private set; }

    /// <summary>Null while the response goes on.</summary>
    public ChatFinishReason? FinishReason { get; private set; }

    /// <summary>Whether the model itself ended the response.</summary>
    public bool EndedByModel { get; private set; }

    /// <summary>Takes the tokens that a prompt already settles, before the model is asked.</summary>
    public void Begin(ReadOnlySpan<int> prompt, List<AIContent> output)
    {
        _sampler.ObservePrompt(prompt);
        TakeForced(output);
    }

    /// <summary>How many more tokens there may be.</summary>
    public int TokensLeft => _limits.MaxOutputTokens - _tokens.Count;

    /// <summary>Notes that the model has read all tokens.</summary>
    public void MarkRead() => _read = _tokens.Count;

    /// <summary>Notes that the model has read the next <paramref name="count"/> of the unread tokens.</summary>
    public void MarkRead(int count) => _read += count;

    /// <summary>Picks a token from the logits that follow all tokens, and takes those after it that are settled.</summary>
    public void Advance(ReadOnlySpan<float> logits, List<AIContent> output)
    {
        Take(_sampler.Sample(logits), output);
        TakeForced(output);
    }

    private void TakeForced(List<AIContent> output)
    {
        while (FinishReason is null && NextForced() is { } token)
        {
            _sampler.Accept(token);
            Take(token, output);
        }
    }

    private int? NextForced()
    {
        if (_parser.IsInsideThought && _parser.ReasoningTokenCount >= _limits.ThinkingBudget)
        {
            return _limits.ThoughtEndToken;
        }

        if (_forced.Count == 0)
        {
            foreach (int ahead in _constraint?.FindForced(MostForced) ?? [])
            {
                _forced.Enqueue(ahead);
            }
        }

        if (_forced.TryDequeue(out int only))
        {
            ForcedTokens++;
            return only;
        }

        return null;
    }

    private void Take(int token, List<AIContent> output)
    {
        _tokens.Add(token);
        _parser.Append(token, output);
        bool isStop = _limits.StopTokens.Contains(token);
        if (_parser.IsFinished || isStop || _constraint is { IsAtEnd: true })
        {
            EndedByModel = isStop && _parser.MatchedStopSequence is null;
            End(output, ChatFinishReason.Stop);
        }
        else if (_tokens.Count >= _limits.MaxOutputTokens)
        {
            End(output, ChatFinishReason.Length);
        }
    }

    private void End(List<AIContent> output, ChatFinishReason reason)
    {
        _parser.Complete(output);
        if (reason == ChatFinishReason.Length)
        {
            HoldBackCutOffCalls(output);
        }

        bool callsCameOut = _parser.CallCount > 0 && reason != ChatFinishReason.Length;
        FinishReason = callsCameOut ? ChatFinishReason.ToolCalls : reason;
    }

    // What the token limit cut off may lack half an argument: it is shown, but function invocation must not run it.
    private static void HoldBackCutOffCalls(List<AIContent> output)
    {
        foreach (AIContent content in output)
        {
            if (content is FunctionCallContent { AdditionalProperties: { } properties } call && properties.ContainsKey(ResponseStateMachine.CutOffProperty))
            {
                call.Exception ??= new FormatException($"The call of '{call.Name}' was cut off by the token limit. Raise MaxOutputTokens and ask again.");
                call.InformationalOnly = true;
            }
        }
    }
}
