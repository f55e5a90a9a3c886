using System.Collections.Frozen;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Parsing;

/// <summary>Turns a response's token ids, as they are generated, into text, reasoning and whole function calls.</summary>
/// <remarks>
/// Markers are recognised by id, never by spelling: a model that writes about <c>&lt;|tool_call&gt;</c> writes text.
/// Text never holds a control token. An instance serves one response and one thread at a time.
/// </remarks>
public sealed class ResponseParser
{
    private static readonly (string Spelling, ControlToken Token)[] Spellings =
    [
        ("<|channel>", ControlToken.ChannelOpen),
        ("<channel|>", ControlToken.ChannelClose),
        ("<|tool_call>", ControlToken.ToolCallOpen),
        ("<tool_call|>", ControlToken.ToolCallClose),
        ("<|tool_response>", ControlToken.ToolResponseOpen),
        ("<|turn>", ControlToken.TurnOpen),
        ("<turn|>", ControlToken.TurnClose),
        ("<eos>", ControlToken.EndOfSequence),
        ("<|\"|>", ControlToken.StringDelimiter),
    ];

    private readonly Gemma4Tokenizer _tokenizer;
    private readonly StreamingDetokenizer _detokenizer;
    private readonly FrozenDictionary<int, ControlToken> _controls;
    private readonly ResponseStateMachine _machine;

    /// <summary>Starts on a response.</summary>
    /// <param name="tokenizer">The tokenizer of the model that generates.</param>
    /// <param name="tools">
    /// The functions the prompt declared. Their names and parameter types decide between readings of a call; a call of
    /// any other function still comes out.
    /// </param>
    /// <param name="startsInsideThought">Whether the prompt ended inside an open thought; false by default.</param>
    /// <param name="stopSequences">
    /// Texts that end the response where they occur in its visible text, compared by ordinal. Reasoning and calls are
    /// not searched; empty sequences are ignored.
    /// </param>
    /// <param name="callIdPrefix">
    /// What call ids begin with; a number from 1 follows. Give each response of a conversation its own, as ids must not
    /// repeat there. "call_" by default.
    /// </param>
    /// <exception cref="ArgumentNullException">The tokenizer or the prefix is null.</exception>
    public ResponseParser(
        Gemma4Tokenizer tokenizer,
        IReadOnlyList<AIFunctionDeclaration>? tools = null,
        bool startsInsideThought = false,
        IReadOnlyList<string>? stopSequences = null,
        string callIdPrefix = "call_")
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(callIdPrefix);
        _tokenizer = tokenizer;
        _detokenizer = tokenizer.CreateDetokenizer();
        _machine = new ResponseStateMachine(new DeclaredTools(tools), startsInsideThought, stopSequences, callIdPrefix);
        var controls = new Dictionary<int, ControlToken>();
        foreach (var (spelling, token) in Spellings)
        {
            if (tokenizer.TryGetControlId(spelling, out var id))
            {
                controls[id] = token;
            }
        }

        _controls = controls.ToFrozenDictionary();
    }

    /// <summary>
    /// Whether the response is over: a token that ends the turn, a stop sequence or <see cref="Complete"/> was met.
    /// Further tokens are ignored.
    /// </summary>
    public bool IsFinished => _machine.IsFinished;

    /// <summary>The stop sequence that ended the response, or null.</summary>
    public string? MatchedStopSequence => _machine.MatchedStopSequence;

    /// <summary>Whether the next token belongs to a thought.</summary>
    public bool IsInsideThought => _machine.IsInsideThought;

    /// <summary>How many readable calls came out so far.</summary>
    public int CallCount => _machine.CallCount;

    /// <summary>How many unreadable calls came out so far, as contents with their exception set.</summary>
    public int ErrorCount => _machine.ErrorCount;

    /// <summary>How many tokens so far stood inside thoughts, the control tokens around them not counted.</summary>
    public int ReasoningTokenCount { get; private set; }

    /// <summary>Takes the next token.</summary>
    /// <param name="id">An id of the tokenizer's vocabulary.</param>
    /// <param name="output">
    /// Gets what the token completed, often nothing: <see cref="TextContent"/>, <see cref="TextReasoningContent"/> and
    /// <see cref="FunctionCallContent"/>, the latter with its exception set where the call cannot be read.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public void Append(int id, IList<AIContent> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (IsFinished)
        {
            return;
        }

        if (_tokenizer.IsControl(id))
        {
            _machine.OnText(_detokenizer.Flush(), output);
            _machine.OnControl(_controls.GetValueOrDefault(id), output);
            return;
        }

        if (_machine.IsInsideThought)
        {
            ReasoningTokenCount++;
        }

        _machine.OnText(_detokenizer.Append(id), output);
    }

    /// <summary>
    /// Ends the response where the model did not, as at a token limit: held text and thoughts come out, and an open
    /// call is read as far as it goes. Does nothing where the response is over already.
    /// </summary>
    /// <param name="output">Gets what was still held.</param>
    public void Complete(IList<AIContent> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _machine.OnText(_detokenizer.Flush(), output);
        _machine.Complete(output);
    }
}
