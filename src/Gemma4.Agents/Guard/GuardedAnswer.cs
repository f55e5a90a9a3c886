using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma4.Agents.Repair;
using Gemma4.Agents.Runs;
using Gemma4.Agents.Tracing;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Guard;

/// <summary>One answer of the model on its way out: calls are judged as they come, the rest passes.</summary>
internal sealed class GuardedAnswer(ToolGuardOptions options, AgentRun run, AITool[] tools, string? stop)
{
    private readonly List<ChatResponseUpdate> _sent = [];
    private readonly List<ChatResponseUpdate> _held = [];
    private readonly List<FunctionResultContent> _refusals = [];
    private readonly StringBuilder _text = new();
    private readonly long _started = options.Time.GetTimestamp();
    private bool _mayBeCall = options.ReadCallsInText && stop is null;
    private int _calls;

    /// <summary>True when the answer had calls and none of them may run: the model should be asked again.</summary>
    public bool IsAllRefused => _calls > 0 && _refusals.Count == _calls;

    /// <summary>The answer and what was answered to its refused calls, as messages.</summary>
    public IList<ChatMessage> Messages => _sent.ToChatResponse().Messages;

    public IEnumerable<ChatResponseUpdate> Pass(ChatResponseUpdate update)
    {
        run.AddUsage(update.Contents.OfType<UsageContent>().Aggregate(default(UsageDetails), (sum, usage) => Sum(sum, usage.Details)));
        string text = update.Text;
        _text.Append(text);
        _mayBeCall = _mayBeCall && LooksLikeCall() && !update.Contents.Any(content => content is FunctionCallContent);
        if (_mayBeCall && _text.Length > 0)
        {
            _held.Add(update);
            return [];
        }

        ChatResponseUpdate[] released = [.. _held, update];
        _held.Clear();
        return [.. released.Select(Judge)];
    }

    public IEnumerable<ChatResponseUpdate> Finish()
    {
        List<ChatResponseUpdate> last = [];
        if (_held.Count > 0)
        {
            last.AddRange(FromText() ?? _held.Select(Judge));
        }

        if (_calls > 0 && stop is null)
        {
            run.AddRound();
        }

        Trace();
        if (_refusals.Count > 0)
        {
            last.Add(Sent(New(ChatRole.Tool, "refused", [.. _refusals])));
        }

        if (stop is not null)
        {
            // A model that calls although it must not, or says nothing, still owes the user an answer.
            ChatResponseUpdate note = New(ChatRole.Assistant, "stopped", _text.Length == 0 ? [new TextContent($"I stopped: {stop}.")] : []);
            note.FinishReason = ChatFinishReason.Stop;
            note.AdditionalProperties = new() { [ToolGuardChatClient.StopReasonKey] = stop };
            if (_text.Length > 0)
            {
                note.MessageId = _sent.LastOrDefault(update => update.Role != ChatRole.Tool)?.MessageId;
            }

            run.Trace?.Add(new AgentStep(StepKind.Stopped) { Text = stop });
            last.Add(note);
        }

        return last;
    }

    private static UsageDetails Sum(UsageDetails? sum, UsageDetails more)
    {
        UsageDetails result = sum ?? new UsageDetails();
        result.Add(more);
        return result;
    }

    // Text that may still turn out to be a call is held back; ordinary answers begin otherwise and pass at once.
    private bool LooksLikeCall()
    {
        int start = 0;
        while (start < _text.Length && char.IsWhiteSpace(_text[start]))
        {
            start++;
        }

        return start == _text.Length || _text[start] is '{' or '[' or '`';
    }

    private IEnumerable<ChatResponseUpdate>? FromText()
    {
        CallReading? reading = ToolCallRepair.ReadText(_text.ToString(), "call_text_" + _held[0].ResponseId, tools);
        if (reading is null || !options.RepairCalls)
        {
            return null;
        }

        ChatResponseUpdate update = _held[^1].Clone();
        // What else came with the text stays, such as usage.
        update.Contents = [.. _held.SelectMany(held => held.Contents).Where(content => content is not TextContent), reading.Call!];
        update.FinishReason = ChatFinishReason.ToolCalls;
        _text.Clear();
        return [Judge(update)];
    }

    private ChatResponseUpdate Judge(ChatResponseUpdate update)
    {
        if (!update.Contents.Any(content => content is FunctionCallContent))
        {
            return Sent(update);
        }

        ChatResponseUpdate judged = update.Clone();
        judged.Contents = [.. update.Contents.Select(content => content is FunctionCallContent call && (!call.InformationalOnly || call.Exception is not null) ? Judge(call) : content)];
        return Sent(judged);
    }

    private FunctionCallContent Judge(FunctionCallContent call)
    {
        _calls++;
        CallReading reading = ToolCallRepair.Read(call, tools);
        string? refusal = stop is not null ? $"Error: the call was not run: {stop}."
            : !reading.IsValid ? reading.ErrorText
            : reading.Repairs.Count > 0 && !options.RepairCalls ? $"Error: the call was not run.\n- {string.Join("\n- ", reading.Repairs)}\nCorrect it and call again."
            : run.TryTakeCall(reading.Call!.Name) is { } spent ? $"Error: the call was not run: {spent}. Answer with what is known."
            : null;
        AgentStep step = new(refusal is null ? StepKind.Call : StepKind.Refused)
        {
            Tool = refusal is null ? reading.Call!.Name : call.Name,
            CallId = call.CallId,
            Arguments = JsonElement.Parse(ArgumentsOf(reading.Call ?? call)),
            Repairs = refusal is null ? reading.Repairs : [],
            Text = refusal,
        };
        run.Trace?.Add(step);
        if (refusal is null)
        {
            return reading.Call!;
        }

        _refusals.Add(new FunctionResultContent(call.CallId, refusal));
        // Informational: the tool loop outside must not run it.
        return new FunctionCallContent(call.CallId, call.Name, call.Arguments)
        {
            InformationalOnly = true,
            AdditionalProperties = call.AdditionalProperties,
            RawRepresentation = call.RawRepresentation,
        };
    }

    private static string ArgumentsOf(FunctionCallContent call) => CanonicalCall.Of(call)[(call.Name ?? "").Length..];

    private void Trace()
    {
        if (run.Trace is not { } trace)
        {
            return;
        }

        UsageDetails? usage = _sent.SelectMany(update => update.Contents).OfType<UsageContent>()
            .Aggregate(default(UsageDetails), (sum, content) => Sum(sum, content.Details));
        trace.Add(new AgentStep(StepKind.Answer)
        {
            Text = _text.ToString(),
            InputTokens = usage?.InputTokenCount,
            OutputTokens = usage?.OutputTokenCount,
            Milliseconds = options.Time.GetElapsedTime(_started).TotalMilliseconds,
        });
    }

    private ChatResponseUpdate New(ChatRole role, string name, IList<AIContent> contents)
    {
        ChatResponseUpdate? model = _sent.LastOrDefault();
        return new ChatResponseUpdate(role, contents)
        {
            ResponseId = model?.ResponseId,
            ModelId = model?.ModelId,
            ConversationId = model?.ConversationId,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"{model?.MessageId}-{name}-{run.Rounds}"),
        };
    }

    private ChatResponseUpdate Sent(ChatResponseUpdate update)
    {
        _sent.Add(update);
        return update;
    }
}
