using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>A chat completion request in the terms of the chat client.</summary>
internal sealed record ChatRequest(List<ChatMessage> Messages, ChatOptions Options, bool Stream, bool IncludeUsage);
