using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>What a message tells about its response, under the names that the kernel's connectors use.</summary>
internal static class ResponseMetadata
{
    public const string Id = "Id";
    public const string ModelId = "ModelId";
    public const string CreatedAt = "CreatedAt";
    public const string FinishReason = "FinishReason";
    public const string Usage = "Usage";

    public static Dictionary<string, object?> Of(ChatResponse response, UsageDetails? usage)
    {
        Dictionary<string, object?> metadata = Start(response.ResponseId, response.ModelId, response.CreatedAt);
        metadata[FinishReason] = response.FinishReason?.Value;
        metadata[Usage] = usage;
        return metadata;
    }

    public static Dictionary<string, object?> Start(string? id, string? modelId, DateTimeOffset? createdAt) => new()
    {
        [Id] = id,
        [ModelId] = modelId,
        [CreatedAt] = createdAt,
    };
}
