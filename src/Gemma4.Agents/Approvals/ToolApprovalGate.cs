using System.Security.Cryptography;
using System.Text.Json;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Approvals;

/// <summary>
/// Decides which calls run: standing rules first, then the approver, else the call is held until
/// <see cref="ResumeAsync"/>. An approval belongs to one exact call, is good once and ends. Nothing that a conversation
/// says counts as an approval. Safe for concurrent use.
/// </summary>
public sealed class ToolApprovalGate
{
    private readonly Lock _gate = new();
    private readonly List<ApprovalRule> _rules = [];
    private readonly Dictionary<string, (CallForApproval Call, AIFunction Function)> _held = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    /// <summary>Makes a gate.</summary>
    /// <param name="isRisky">
    /// Which calls need a decision, by tool and arguments; null means only tools wrapped as <see cref="ApprovalRequiredAIFunction"/>.
    /// </param>
    /// <param name="time">The clock; null means the system's.</param>
    public ToolApprovalGate(Func<string, JsonElement, bool>? isRisky = null, TimeProvider? time = null)
    {
        IsRisky = isRisky;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Asks a person; null means that every call without a rule is held.</summary>
    public Func<CallForApproval, CancellationToken, ValueTask<ApprovalDecision>>? Approver { get; set; }

    /// <summary>How long a held call can be approved; above zero. Default 15 minutes.</summary>
    public TimeSpan Lifetime
    {
        get;
        set => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A held call must live longer than no time.");
    } = TimeSpan.FromMinutes(15);

    /// <summary>The standing rules that have not ended, oldest first; a copy.</summary>
    public IReadOnlyList<ApprovalRule> Rules
    {
        get
        {
            lock (_gate)
            {
                DropExpired();
                return [.. _rules];
            }
        }
    }

    /// <summary>The held calls that can still be approved.</summary>
    public IReadOnlyList<CallForApproval> Held
    {
        get
        {
            lock (_gate)
            {
                DropExpired();
                return [.. _held.Values.Select(entry => entry.Call)];
            }
        }
    }

    internal Func<string, JsonElement, bool>? IsRisky { get; }

    /// <summary>Adds a standing rule.</summary>
    public void AddRule(ApprovalRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        lock (_gate)
        {
            DropExpired();
            _rules.Add(rule);
        }
    }

    /// <summary>Answers a held call and, when it is allowed, runs exactly that call once.</summary>
    /// <param name="id">The id of one of <see cref="Held"/>.</param>
    /// <param name="decision">The decision; <see cref="ApprovalDecision.Hold"/> is none.</param>
    /// <param name="cancellationToken">Passed to the tool.</param>
    /// <returns>The call and its result as two messages to add to the conversation before the model is asked again.</returns>
    /// <exception cref="InvalidOperationException">There is no such call: never asked for, answered already, or expired.</exception>
    public async Task<IReadOnlyList<ChatMessage>> ResumeAsync(string id, ApprovalDecision decision, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (decision == ApprovalDecision.Hold)
        {
            throw new ArgumentException("Hold is no answer to a held call.", nameof(decision));
        }

        (CallForApproval call, AIFunction function) = Take(id);
        Dictionary<string, object?> arguments = call.Arguments.EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value);
        FunctionCallContent content = new($"approved_{id}", call.Tool, arguments) { InformationalOnly = true };
        object? result = "The call was denied.";
        if (Apply(call, decision))
        {
            result = await function.InvokeAsync(new AIFunctionArguments(arguments), cancellationToken).ConfigureAwait(false);
        }

        return [new ChatMessage(ChatRole.Assistant, [content]), new ChatMessage(ChatRole.Tool, [new FunctionResultContent(content.CallId, result)])];
    }

    /// <summary>Whether a call runs, once, or else is refused or held, with what the model is told.</summary>
    internal async ValueTask<(ApprovalDecision Decision, string? Text)> DecideAsync(AIFunction function, AIFunctionArguments arguments, bool isMarked, CancellationToken cancellationToken)
    {
        string canonical = Canonical(arguments);
        JsonElement json = JsonElement.Parse(canonical);
        if (!isMarked && IsRisky?.Invoke(function.Name, json) != true)
        {
            return (ApprovalDecision.AllowOnce, null);
        }

        lock (_gate)
        {
            DropExpired();
            if (_rules.LastOrDefault(rule => Fits(rule, function.Name, canonical)) is { } rule)
            {
                return rule.IsAllowed ? (ApprovalDecision.AllowOnce, null) : (ApprovalDecision.Deny, $"Error: a rule forbids this call of '{function.Name}'.");
            }
        }

        CallForApproval call = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), function.Name, json, _time.GetUtcNow() + Lifetime);
        ApprovalDecision decision = Approver is { } ask ? await ask(call, cancellationToken).ConfigureAwait(false) : ApprovalDecision.Hold;
        if (decision == ApprovalDecision.Hold)
        {
            lock (_gate)
            {
                DropExpired();
                _held[call.Id] = (call, function);
            }

            return (ApprovalDecision.Hold, $"Held: the call of '{function.Name}' waits for approval and was not run.");
        }

        return call.Expires <= _time.GetUtcNow() ? (ApprovalDecision.Deny, "Error: the approval came too late; the call was not run.")
            : Apply(call, decision) ? (ApprovalDecision.AllowOnce, null)
            : (ApprovalDecision.Deny, $"Error: the call of '{function.Name}' was denied. Do not repeat it.");
    }

    private (CallForApproval Call, AIFunction Function) Take(string id)
    {
        lock (_gate)
        {
            // Taken out first: two answers at once must not run it twice.
            if (_held.Remove(id, out (CallForApproval Call, AIFunction Function) entry) && entry.Call.Expires > _time.GetUtcNow())
            {
                return entry;
            }
        }

        throw new InvalidOperationException($"No call waits for approval under '{id}': it was never asked for, is answered already, or has expired.");
    }

    private bool Apply(CallForApproval call, ApprovalDecision decision)
    {
        if (decision is ApprovalDecision.AllowTool or ApprovalDecision.AllowSameArguments)
        {
            AddRule(new ApprovalRule(call.Tool, IsAllowed: true, decision == ApprovalDecision.AllowSameArguments ? call.Arguments : null));
        }

        return decision != ApprovalDecision.Deny;
    }

    // What nobody answers must not gather for as long as the gate lives. Called under the lock.
    private void DropExpired()
    {
        DateTimeOffset now = _time.GetUtcNow();
        _rules.RemoveAll(rule => rule.Expires <= now);
        foreach ((string id, (CallForApproval call, _)) in _held)
        {
            if (call.Expires <= now)
            {
                _held.Remove(id); // A dictionary may be read on after a removal.
            }
        }
    }

    private static bool Fits(ApprovalRule rule, string tool, string canonical) =>
        rule.Tool == tool
        && (rule.Arguments is not { } exact || CanonicalCall.Sorted(CanonicalCall.ToNode(exact))!.ToJsonString() == canonical);

    private static string Canonical(AIFunctionArguments arguments) =>
        CanonicalCall.Of(new FunctionCallContent("", "", arguments.ToDictionary(entry => entry.Key, entry => entry.Value)));
}
