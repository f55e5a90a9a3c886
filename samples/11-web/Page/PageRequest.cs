using System.Text.Json;
using Gemma4.Web.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Page;

/// <summary>What the page asks: the conversation so far as text, and what the model may use.</summary>
internal sealed record PageRequest(List<ChatMessage> Messages, bool UseTools, bool UseDocuments, bool Think)
{
    public static PageRequest Read(JsonElement body)
    {
        RequestObject request = new(body);
        List<ChatMessage> messages = [.. (request.List("messages") ?? []).Select(item => MessageOf(new RequestObject(item.Value, item.Path)))];
        if (messages is not [.., { Role: var role }] || role != ChatRole.User)
        {
            throw ApiException.Invalid("messages", "the last message must be the user's.");
        }

        PageRequest result = new(messages, request.Flag("tools") ?? false, request.Flag("documents") ?? false, request.Flag("think") ?? false);
        request.RefuseTheRest();
        return result;
    }

    private static ChatMessage MessageOf(RequestObject message)
    {
        ChatMessage result = new(
            message.RequiredText("role") switch
            {
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                _ => throw ApiException.Invalid(message.PathOf("role"), "it must be user or assistant."),
            },
            message.RequiredText("text"));
        message.RefuseTheRest();
        return result;
    }
}
