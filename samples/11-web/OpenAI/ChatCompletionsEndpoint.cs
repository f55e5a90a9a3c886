using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>. A client that leaves cancels its request, and the model stops.</summary>
internal static class ChatCompletionsEndpoint
{
    public static async Task HandleAsync(HttpContext context, IChatClient client)
    {
        string modelId = client.GetRequiredService<ChatClientMetadata>().DefaultModelId!;
        using JsonDocument body = await RequestBody.ReadAsync(context);
        ChatRequest request = ChatRequestReader.Read(body.RootElement, modelId);
        if (request.Stream)
        {
            await StreamAsync(context, client, request, modelId);
        }
        else
        {
            ChatResponse response = await client.GetResponseAsync(request.Messages, request.Options, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(CompletionWriter.Completion(response, modelId), context.RequestAborted);
        }
    }

    private static async Task StreamAsync(HttpContext context, IChatClient client, ChatRequest request, string modelId)
    {
        await using var updates = client.GetStreamingResponseAsync(request.Messages, request.Options, context.RequestAborted).GetAsyncEnumerator();

        // What is wrong with a request shows by now, while the status can still say so.
        bool hasUpdate = await updates.MoveNextAsync();
        EventStream events = EventStream.Open(context);
        try
        {
            int calls = 0;
            UsageDetails? usage = null;
            ChatFinishReason? finish = null;
            ChatResponseUpdate last = hasUpdate ? updates.Current : new ChatResponseUpdate();
            await events.SendAsync(CompletionWriter.Chunk(last, modelId, new JsonObject { ["role"] = "assistant", ["content"] = "" }));
            for (; hasUpdate; hasUpdate = await updates.MoveNextAsync())
            {
                last = updates.Current;
                finish = last.FinishReason ?? finish;
                foreach (AIContent content in last.Contents)
                {
                    usage = (content as UsageContent)?.Details ?? usage;
                    if (CompletionWriter.Delta(content, ref calls) is { } delta)
                    {
                        await events.SendAsync(CompletionWriter.Chunk(last, modelId, delta));
                    }
                }
            }

            await events.SendAsync(CompletionWriter.Chunk(last, modelId, [], finish ?? ChatFinishReason.Stop));
            if (request.IncludeUsage)
            {
                await events.SendAsync(CompletionWriter.UsageChunk(last, modelId, usage));
            }
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            await events.SendAsync(ApiErrors.ToJson(ApiErrors.Of(failure)));
        }

        await events.SendAsync("[DONE]");
    }
}
