using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Chat;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Page;

/// <summary>What the page is told about an answer, one small object for each thing that happens.</summary>
internal static class PageEvents
{
    public static IEnumerable<JsonObject> Of(ChatResponseUpdate update)
    {
        foreach (AIContent content in update.Contents)
        {
            if (Of(content) is { } known)
            {
                yield return known;
            }
        }

        if (update.AdditionalProperties?.TryGetValue(CitationReport.Key, out CitationReport? report) == true)
        {
            yield return Sources(report!);
        }

        if (update.AdditionalProperties?.TryGetValue("safety.rule", out string? rule) == true)
        {
            update.AdditionalProperties.TryGetValue("safety.stage", out string? stage);
            yield return new JsonObject { ["type"] = "safety", ["rule"] = rule, ["stage"] = stage };
        }

        if (update.FinishReason is { } finish)
        {
            yield return new JsonObject { ["type"] = "finish", ["reason"] = finish.Value };
        }
    }

    private static JsonObject? Of(AIContent content) => content switch
    {
        TextReasoningContent { Text.Length: > 0 } thought => new() { ["type"] = "thought", ["text"] = thought.Text },
        TextContent { Text.Length: > 0 } text => new() { ["type"] = "text", ["text"] = text.Text },
        FunctionCallContent call => new()
        {
            ["type"] = "call",
            ["id"] = call.CallId,
            ["name"] = call.Name,
            ["arguments"] = JsonSerializer.SerializeToNode(call.Arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))),
        },
        FunctionResultContent result => new()
        {
            ["type"] = "result",
            ["id"] = result.CallId,
            ["text"] = result.Exception is null ? result.Result?.ToString() : "The tool failed.",
            ["failed"] = result.Exception is not null,
        },
        UsageContent { Details: var usage } => new()
        {
            ["type"] = "usage",
            ["input"] = usage.InputTokenCount ?? 0,
            ["output"] = usage.OutputTokenCount ?? 0,
            ["cached"] = usage.CachedInputTokenCount ?? 0,
            ["thoughts"] = usage.ReasoningTokenCount ?? 0,
        },
        _ => null,
    };

    private static JsonObject Sources(CitationReport report) => new()
    {
        ["type"] = "sources",
        ["sources"] = new JsonArray([.. report.Sources.Select((source, index) => Source(source, index + 1, report.Cited.Contains(index + 1)))]),
        ["unsupported"] = report.Unsupported.Count + report.Unknown.Count,
    };

    private static JsonObject Source(DocumentChunk source, int number, bool isCited) => new()
    {
        ["number"] = number,
        ["document"] = source.Title ?? source.DocumentId,
        ["heading"] = source.Heading,
        ["text"] = source.Text,
        ["cited"] = isCited,
    };
}
