using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using AI = Microsoft.Extensions.AI;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>Writes what the client answered as the kernel's messages and chunks.</summary>
internal static class ResponseWriter
{
    /// <summary>The message with all that the stock bridge also keeps, and reasoning, errors and exceptions of calls.</summary>
    public static ChatMessageContent Message(ChatMessage message, ChatResponse response, Dictionary<string, object?> metadata, FunctionTable functions)
    {
        foreach ((string key, object? value) in (message.AdditionalProperties ?? []).Concat(response.AdditionalProperties ?? []))
        {
            metadata.TryAdd(key, value);
        }

        ChatMessageContent result = new()
        {
            Role = new AuthorRole(message.Role.Value),
            AuthorName = message.AuthorName,
            ModelId = response.ModelId,
            InnerContent = response.RawRepresentation ?? message.RawRepresentation,
            Metadata = metadata,
        };
        foreach (AIContent content in message.Contents)
        {
            if (Item(content, functions) is { } item)
            {
                item.InnerContent = content.RawRepresentation;
                item.ModelId = response.ModelId;
                item.Metadata = content.AdditionalProperties is { Count: > 0 } properties ? properties : null;
                result.Items.Add(item);
            }
        }

        return result;
    }

    /// <summary>One chunk per content: a chunk shows its first text only, so two texts in one would lose the second.</summary>
    /// <param name="update">The update.</param>
    /// <param name="callIndex">Number of calls already streamed in this request.</param>
    /// <param name="requestIndex">Number of the request in the tool loop, from 0.</param>
    public static IEnumerable<StreamingChatMessageContent> Chunks(ChatResponseUpdate update, int callIndex, int requestIndex)
    {
        foreach (AIContent content in update.Contents)
        {
            StreamingKernelContent? item = content switch
            {
                AI.TextContent text => new StreamingTextContent(text.Text, modelId: update.ModelId),
                ErrorContent error => new StreamingTextContent(error.Message, modelId: update.ModelId),
                TextReasoningContent reasoning => new StreamingReasoningContent(reasoning.Text),
                AI.FunctionCallContent call => new StreamingFunctionCallUpdateContent(call.CallId, call.Name, Arguments(call), callIndex++) { RequestIndex = requestIndex },
                _ => null,
            };
            if (item is not null)
            {
                item.ModelId = update.ModelId;
                StreamingChatMessageContent chunk = new(
                    update.Role is { } role ? new AuthorRole(role.Value) : null,
                    content: null,
                    update.RawRepresentation,
                    modelId: update.ModelId,
                    encoding: Encoding.UTF8,
                    metadata: ResponseMetadata.Start(update.ResponseId, update.ModelId, update.CreatedAt))
                {
                    AuthorName = update.AuthorName,
                };
                chunk.Items.Add(item);
                yield return chunk;
            }
        }
    }

    private static KernelContent? Item(AIContent content, FunctionTable functions) => content switch
    {
        AI.TextContent text => new SK.TextContent(text.Text),
        ErrorContent error => new SK.TextContent(error.Message),
        TextReasoningContent reasoning => new ReasoningContent(reasoning.Text),
        AI.FunctionCallContent call => Call(call, functions),
        AI.FunctionResultContent result => new SK.FunctionResultContent(callId: result.CallId, result: result.Result),
        DataContent data when data.HasTopLevelMediaType("image") => new ImageContent(data.Uri),
        UriContent uri when uri.HasTopLevelMediaType("image") => new ImageContent(uri.Uri),
        DataContent data when data.HasTopLevelMediaType("audio") => new AudioContent(data.Uri),
        UriContent uri when uri.HasTopLevelMediaType("audio") => new AudioContent(uri.Uri),
        DataContent data => new BinaryContent(data.Uri),
        UriContent uri => new BinaryContent(uri.Uri),
        _ => null,
    };

    private static SK.FunctionCallContent Call(AI.FunctionCallContent call, FunctionTable functions)
    {
        (string? plugin, string function) = functions.Parts(call.Name);
        return new SK.FunctionCallContent(function, plugin, call.CallId, call.Arguments is null ? null : new KernelArguments(call.Arguments))
        {
            Exception = call.Exception,
        };
    }

    private static string? Arguments(AI.FunctionCallContent call) => call.Arguments is null
        ? null
        : CompactJson.Write(JsonSerializer.SerializeToElement(call.Arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))));
}
