using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>Writes responses and updates in the shapes of OpenAI's chat completions.</summary>
internal static class CompletionWriter
{
    // On one line, as OpenAI writes arguments.
    private static readonly JsonTypeInfo ArgumentsJson =
        new JsonSerializerOptions(AIJsonUtilities.DefaultOptions) { WriteIndented = false }.GetTypeInfo(typeof(IDictionary<string, object?>));

    /// <summary>A whole answer.</summary>
    public static JsonObject Completion(ChatResponse response, string modelId)
    {
        List<AIContent> contents = [.. response.Messages.SelectMany(message => message.Contents)];
        string thoughts = string.Concat(contents.OfType<TextReasoningContent>().Select(thought => thought.Text));
        JsonArray calls = [.. contents.OfType<FunctionCallContent>().Select(Call)];
        JsonObject message = new() { ["role"] = "assistant", ["content"] = calls.Count > 0 && response.Text.Length == 0 ? null : response.Text, ["refusal"] = null };
        if (thoughts.Length > 0)
        {
            message["reasoning_content"] = thoughts;
        }

        if (calls.Count > 0)
        {
            message["tool_calls"] = calls;
        }

        JsonObject completion = Head("chat.completion", response.ResponseId, response.CreatedAt, modelId);
        completion["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["message"] = message,
            ["logprobs"] = null,
            ["finish_reason"] = Finish(response.FinishReason),
        });
        completion["usage"] = Usage(response.Usage);
        return completion;
    }

    /// <summary>One chunk of a stream.</summary>
    public static JsonObject Chunk(ChatResponseUpdate update, string modelId, JsonObject delta, ChatFinishReason? finish = null)
    {
        JsonObject chunk = Head("chat.completion.chunk", update.ResponseId, update.CreatedAt, modelId);
        chunk["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finish is null ? null : Finish(finish) });
        return chunk;
    }

    /// <summary>The chunk that carries the usage and no choice.</summary>
    public static JsonObject UsageChunk(ChatResponseUpdate update, string modelId, UsageDetails? usage)
    {
        JsonObject chunk = Head("chat.completion.chunk", update.ResponseId, update.CreatedAt, modelId);
        chunk["choices"] = new JsonArray();
        chunk["usage"] = Usage(usage);
        return chunk;
    }

    /// <summary>What a content adds to the answer; null for contents that clients are not shown.</summary>
    public static JsonObject? Delta(AIContent content, ref int calls)
    {
        switch (content)
        {
            case TextReasoningContent { Text.Length: > 0 } thought:
                return new JsonObject { ["reasoning_content"] = thought.Text };
            case TextContent { Text.Length: > 0 } text:
                return new JsonObject { ["content"] = text.Text };
            case FunctionCallContent call:
                JsonObject written = Call(call);
                written["index"] = calls++;
                return new JsonObject { ["tool_calls"] = new JsonArray(written) };
            default:
                return null;
        }
    }

    private static JsonObject Head(string kind, string? responseId, DateTimeOffset? createdAt, string modelId) => new()
    {
        ["id"] = $"chatcmpl-{responseId}",
        ["object"] = kind,
        ["created"] = createdAt?.ToUnixTimeSeconds() ?? 0,
        ["model"] = modelId,
    };

    private static JsonObject Call(FunctionCallContent call) => new()
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = call.Name,
            ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), ArgumentsJson),
        },
    };

    private static string Finish(ChatFinishReason? reason) => reason?.Value switch
    {
        null => "stop",
        "tool_calls" or "length" or "content_filter" => reason.Value.Value,
        _ => "stop",
    };

    private static JsonObject Usage(UsageDetails? usage) => new()
    {
        ["prompt_tokens"] = usage?.InputTokenCount ?? 0,
        ["completion_tokens"] = usage?.OutputTokenCount ?? 0,
        ["total_tokens"] = usage?.TotalTokenCount ?? 0,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = usage?.CachedInputTokenCount ?? 0 },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage?.ReasoningTokenCount ?? 0 },
    };
}
