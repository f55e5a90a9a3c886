using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Generation;
using Gemma4.Web.Models;
using Gemma4.Web.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Page;

/// <summary>
/// <c>POST /chat</c>, the page's own address: tools run here and not in the browser, so that a page can be shown what they
/// do but cannot change what they return.
/// </summary>
internal static class ChatEndpoint
{
    public static async Task HandleAsync(
        HttpContext context,
        [FromKeyedServices(ModelRegistration.WithTools)] IChatClient withTools,
        [FromKeyedServices(ModelRegistration.WithDocuments)] IChatClient withDocuments)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context);
        PageRequest request = PageRequest.Read(body.RootElement);
        IChatClient client = request.UseDocuments ? withDocuments : withTools;
        ChatOptions options = new()
        {
            Tools = request.UseTools ? [.. DemoTools.All] : null,
            Reasoning = request.Think ? new ReasoningOptions { Effort = ReasoningEffort.Low } : null,
        };
        await using var updates = client.GetStreamingResponseAsync(request.Messages, options, context.RequestAborted).GetAsyncEnumerator();

        // What is wrong with a request shows by now, while the status can still say so.
        bool hasUpdate = await updates.MoveNextAsync();
        EventStream events = EventStream.Open(context);
        try
        {
            for (; hasUpdate; hasUpdate = await updates.MoveNextAsync())
            {
                foreach (JsonObject happened in PageEvents.Of(updates.Current))
                {
                    await events.SendAsync(happened);
                }
            }
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            await events.SendAsync(new JsonObject { ["type"] = "error", ["message"] = ApiErrors.Of(failure).Message });
        }
    }

    /// <summary><c>GET /chat</c>: which model answers, how much it can hold, and what it may use.</summary>
    public static IResult Describe(Gemma4ChatClient client) => Results.Json(new JsonObject
    {
        ["model"] = client.GetRequiredService<ChatClientMetadata>().DefaultModelId,
        ["contextTokens"] = client.GetRequiredService<IGenerationEngine>().MaxContextTokens,
        ["tools"] = new JsonArray([.. DemoTools.All.Select(tool => JsonValue.Create(tool.Name))]),
    });
}
