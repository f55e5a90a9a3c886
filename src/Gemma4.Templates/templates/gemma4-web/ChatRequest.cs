using Microsoft.Extensions.AI;

namespace Company.GemmaWeb;

/// <summary>
/// The body of a request: the whole conversation, oldest first, the last message from the user. Instructions are the
/// application's (ChatOptions.Instructions), which trusts them: nobody else may send any.
/// </summary>
internal sealed record ChatRequest(IReadOnlyList<ChatRequest.Message?>? Messages)
{
    /// <summary>What is wrong with the request; null when nothing is.</summary>
    public string? Problem(ChatLimits limits)
    {
        if (Messages is not { Count: > 0 })
        {
            return "'messages' is missing or empty.";
        }

        if (Messages.Count > limits.MaxMessages)
        {
            return $"'messages' has {Messages.Count} entries; at most {limits.MaxMessages} are allowed.";
        }

        if (Messages.Any(message => message is not { Role: "user" or "assistant", Content.Length: > 0 }))
        {
            return "A message needs a 'role' (user or assistant) and a 'content' that is not empty.";
        }

        return Messages[^1]!.Role == "user" ? null : "The last message must be the user's.";
    }

    public IEnumerable<ChatMessage> ToMessages() => Messages!.Select(message => new ChatMessage(new ChatRole(message!.Role!), message.Content));

    internal sealed record Message(string? Role, string? Content);
}
