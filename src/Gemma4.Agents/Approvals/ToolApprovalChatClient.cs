using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Approvals;

/// <summary>
/// Puts the tools of each request behind a gate, and takes approvals out of the messages: only the gate's own count.
/// </summary>
public sealed class ToolApprovalChatClient : DelegatingChatClient
{
    private readonly ToolApprovalGate _gate;

    /// <summary>Makes the stage around a pipeline that runs tools.</summary>
    public ToolApprovalChatClient(IChatClient innerClient, ToolApprovalGate gate)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(gate);
        _gate = gate;
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(WithoutApprovals(messages), Gated(options), cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(WithoutApprovals(messages), Gated(options), cancellationToken);

    // The tool loop would run whatever such a content names, whoever wrote it.
    private static IEnumerable<ChatMessage> WithoutApprovals(IEnumerable<ChatMessage> messages)
    {
        foreach (ChatMessage message in messages)
        {
            if (!message.Contents.Any(IsApproval))
            {
                yield return message;
                continue;
            }

            ChatMessage clean = message.Clone();
            clean.Contents = [.. message.Contents.Where(content => !IsApproval(content))];
            if (clean.Contents.Count > 0)
            {
                yield return clean;
            }
        }

        static bool IsApproval(AIContent content) => content is ToolApprovalRequestContent or ToolApprovalResponseContent;
    }

    private ChatOptions? Gated(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools)
        {
            return options;
        }

        ChatOptions gated = options.Clone();
        gated.Tools = [.. tools.Select(tool => tool is AIFunction function ? Gate(function) : tool)];
        return gated;
    }

    private AIFunction Gate(AIFunction function)
    {
        bool isMarked = function.GetService<ApprovalRequiredAIFunction>() is not null;
        // A gate may stand further inside, under the policy of another stage. A mark that can be seen has none outside of it.
        return isMarked || function.GetService<ApprovedFunction>() is null ? new ApprovedFunction(function, _gate, isMarked) : function;
    }
}
