using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tools;

/// <summary>
/// The approvals that were asked for: each holds for the exact call (id, tool and arguments), once, and for a time. Kept in
/// this process; an approval asked for elsewhere is unknown here and refused. Safe for concurrent use.
/// </summary>
public sealed class ApprovalLedger
{
    private const int MaxOpen = 10_000; // forgotten questions must not fill the memory

    private readonly ConcurrentDictionary<string, (string Call, DateTimeOffset Until)> _open = new(StringComparer.Ordinal);
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes an empty ledger.</summary>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public ApprovalLedger(TimeProvider? timeProvider = null) => _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>Notes that a person is asked.</summary>
    /// <param name="request">The question, with the call as the person sees it.</param>
    /// <param name="lifetime">How long the answer counts.</param>
    public void Ask(ToolApprovalRequestContent request, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(request);
        var now = _timeProvider.GetUtcNow();
        if (_open.Count >= MaxOpen)
        {
            foreach (var old in _open.OrderBy(entry => entry.Value.Until).Take(MaxOpen / 10).ToArray())
            {
                _open.TryRemove(old);
            }
        }

        _open[request.RequestId] = (DigestOf(request.ToolCall), now + lifetime);
    }

    /// <summary>Takes an answer. Whatever it says, the question is used up.</summary>
    /// <returns>Whether the call may run: it was asked for, is the same call, in time, answered for the first time and approved.</returns>
    public bool Redeem(ToolApprovalResponseContent response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return _open.TryRemove(response.RequestId, out var asked)
            && response.Approved
            && _timeProvider.GetUtcNow() < asked.Until
            && asked.Call == DigestOf(response.ToolCall);
    }

    /// <summary>A digest of call id, tool and arguments, whatever the order of the arguments.</summary>
    internal static string DigestOf(ToolCallContent? call)
    {
        var text = new StringBuilder();
        text.Append(call?.GetType().FullName).Append('\n').Append(JsonValue.Create(call?.CallId)?.ToJsonString()).Append('\n');
        if (call is FunctionCallContent function)
        {
            text.Append(JsonValue.Create(function.Name)!.ToJsonString()).Append('\n');
            foreach (var (name, value) in (function.Arguments ?? new Dictionary<string, object?>()).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                text.Append(JsonValue.Create(name)!.ToJsonString()).Append(':');
                Canonical(JsonValues.ToNode(value), text);
                text.Append('\n');
            }
        }
        else if (call is not null)
        {
            text.Append(JsonSerializer.Serialize(call, AIJsonUtilities.DefaultOptions.GetTypeInfo(call.GetType())));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Canonical(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject members:
                text.Append('{');
                foreach (var (name, value) in members.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    text.Append(JsonValue.Create(name)!.ToJsonString()).Append(':');
                    Canonical(value, text);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                foreach (var item in items)
                {
                    Canonical(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
