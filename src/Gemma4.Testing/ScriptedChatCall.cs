using Microsoft.Extensions.AI;

namespace Gemma4.Testing;

/// <summary>What a <see cref="ScriptedChatClient"/> was asked.</summary>
/// <param name="Messages">The messages, in order; the list is a copy, the messages are the caller's.</param>
/// <param name="Options">A copy of the options; null when none were given.</param>
public sealed record ScriptedChatCall(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options);
