using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Prompting;

/// <summary>
/// Renders conversations in the Gemma 4 turn format. Only what the format itself demands becomes a control token; text
/// of messages, tools, arguments and results never does.
/// </summary>
public static class PromptRenderer
{
    /// <summary>Renders chat messages and function tools.</summary>
    /// <remarks>
    /// The text contents of a message are joined without a separator. A failed result shows as the field <c>error</c>
    /// with the text in <see cref="FunctionResultContent.Result"/>, or, where that is empty, the exception's message.
    /// </remarks>
    /// <param name="messages">The conversation in order; empty messages are allowed.</param>
    /// <param name="tools">The tools the model may call; null for none.</param>
    /// <param name="options">How to render.</param>
    /// <exception cref="NotSupportedException">
    /// A role, a content type (images and audio among them) or a tool type has no place in a Gemma 4 text prompt.
    /// </exception>
    public static RenderedPrompt Render(
        IEnumerable<ChatMessage> messages,
        IEnumerable<AITool>? tools,
        PromptOptions options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(options);
        var readTools = AIToolReader.Read(tools ?? [], options.Canonical);
        return new ConversationWriter(options).Write(ChatMessageReader.Read(messages, options.Canonical), readTools);
    }

    /// <summary>
    /// Renders the inputs of the published template: OpenAI-style messages with the extras <c>reasoning</c>,
    /// <c>reasoning_content</c> and <c>tool_responses</c>. Media parts become their placeholder token.
    /// </summary>
    /// <param name="messages">A JSON array of messages.</param>
    /// <param name="tools">A JSON array of function objects; null or JSON null for none.</param>
    /// <param name="options">How to render.</param>
    /// <exception cref="ArgumentException">A message or a call does not have the form above.</exception>
    /// <exception cref="NotSupportedException">A role is unknown, or a tool is not a function.</exception>
    public static RenderedPrompt RenderJson(JsonElement messages, JsonElement? tools, PromptOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var reader = new JsonMessageReader(options.Canonical);
        return new ConversationWriter(options).Write(reader.ReadMessages(messages), reader.ReadTools(tools));
    }
}
