using System.Runtime.InteropServices;
using Gemma4.Parsing;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints.Matching;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>The loop of one response: prompt in chunks, then logits, sampler, parser, until something ends it.</summary>
internal sealed class ResponseGeneration
{
    // Forced tokens come out one by one; this many are looked ahead for at a time.
    private const int MostForced = 64;

    private readonly IGenerationSession _session;
    private readonly Sampler _sampler;
    private readonly GrammarMatcher? _constraint;
    private readonly ResponseParser _parser;
    private readonly GenerationLimits _limits;
    private readonly List<int> _unread = []; // tokens of the answer that the model has not read yet
    private readonly Queue<int> _forced = new();

    /// <param name="session">An empty session.</param>
    /// <param name="sampler">The sampler, which tells <paramref name="constraint"/> what was picked.</param>
    /// <param name="constraint">What constrains the response, or null.</param>
    /// <param name="parser">The parser.</param>
    /// <param name="limits">What ends the response.</param>
    public ResponseGeneration(IGenerationSession session, Sampler sampler, GrammarMatcher? constraint, ResponseParser parser, GenerationLimits limits)
    {
        _session = session;
        _sampler = sampler;
        _constraint = constraint;
        _parser = parser;
        _limits = limits;
    }

    public int OutputTokens { get; private set; }

    /// <summary>Those of them that nothing else could have been, for which the model was not asked.</summary>
    public int ForcedTokens { get; private set; }

    /// <summary>Null while the response goes on.</summary>
    public ChatFinishReason? FinishReason { get; private set; }

    public void Prefill(ReadOnlySpan<int> prompt, CancellationToken cancellationToken)
    {
        _sampler.ObservePrompt(prompt);
        for (int start = 0; start < prompt.Length; start += _limits.PrefillChunkSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = Math.Min(_limits.PrefillChunkSize, prompt.Length - start);
            _session.Append(prompt.Slice(start, length), cancellationToken);
        }
    }

    /// <summary>Generates until at least one content item is there or the response has ended.</summary>
    public void Continue(List<AIContent> output, CancellationToken cancellationToken)
    {
        while (FinishReason is null && output.Count == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Step(output, cancellationToken);
        }
    }

    private void Step(List<AIContent> output, CancellationToken cancellationToken)
    {
        int token = NextToken(cancellationToken);
        _unread.Add(token);
        OutputTokens++;
        _parser.Append(token, output);
        if (_parser.IsFinished || _limits.StopTokens.Contains(token) || _constraint is { IsAtEnd: true })
        {
            End(output, ChatFinishReason.Stop);
        }
        else if (OutputTokens >= _limits.MaxOutputTokens)
        {
            End(output, ChatFinishReason.Length);
        }
    }

    private int NextToken(CancellationToken cancellationToken)
    {
        if (_parser.IsInsideThought && _parser.ReasoningTokenCount >= _limits.ThinkingBudget)
        {
            _sampler.Accept(_limits.ThoughtEndToken);
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
            _sampler.Accept(only);
            ForcedTokens++;
            return only;
        }

        // The last tokens are fed only now, so that their text reached the caller before the model works on the next one.
        if (_unread.Count > 0)
        {
            _session.Append(CollectionsMarshal.AsSpan(_unread), cancellationToken);
            _unread.Clear();
        }

        return _sampler.Sample(_session.Logits);
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
