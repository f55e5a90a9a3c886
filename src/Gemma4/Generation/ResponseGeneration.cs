using Gemma4.Parsing;
using Gemma4.Sampling;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>The loop of one response: prompt in chunks, then logits, sampler, parser, until something ends it.</summary>
internal sealed class ResponseGeneration
{
    private readonly IGenerationSession _session;
    private readonly Sampler _sampler;
    private readonly ResponseParser _parser;
    private readonly GenerationLimits _limits;
    private readonly int[] _one = new int[1];

    public ResponseGeneration(IGenerationSession session, Sampler sampler, ResponseParser parser, GenerationLimits limits)
    {
        _session = session;
        _sampler = sampler;
        _parser = parser;
        _limits = limits;
    }

    public int OutputTokens { get; private set; }

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
        // The last token is fed only now, so that its text reached the caller before the model works on the next one.
        if (OutputTokens > 0)
        {
            _session.Append(_one, cancellationToken);
        }

        bool overBudget = _parser.IsInsideThought && _parser.ReasoningTokenCount >= _limits.ThinkingBudget;
        int token = overBudget ? _limits.ThoughtEndToken : _sampler.Sample(_session.Logits);
        _one[0] = token;
        OutputTokens++;
        _parser.Append(token, output);
        if (_parser.IsFinished || _limits.StopTokens.Contains(token) || (_limits.SingleToolCall && _parser.CallCount > 0))
        {
            End(output, ChatFinishReason.Stop);
        }
        else if (OutputTokens >= _limits.MaxOutputTokens)
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
