using System.Net.ServerSentEvents;
using Gemma4;
using Microsoft.Extensions.AI;

namespace Company.GemmaWeb;

/// <summary>
/// <c>POST /chat</c>: the answer as server-sent events "text", then "done" or "error". A caller that leaves cancels its
/// request, and the model stops.
/// </summary>
internal static class ChatEndpoint
{
    public static async Task<IResult> HandleAsync(ChatRequest request, HttpContext context, IChatClient client, ChatLimits limits, ILogger<ChatRequest> logger)
    {
        if (request.Problem(limits) is { } problem)
        {
            return TypedResults.Problem(problem, statusCode: StatusCodes.Status400BadRequest);
        }

        ChatOptions options = new() { MaxOutputTokens = limits.MaxOutputTokens };
        IAsyncEnumerator<ChatResponseUpdate> updates = client
            .GetStreamingResponseAsync(request.ToMessages(), options, context.RequestAborted)
            .GetAsyncEnumerator(context.RequestAborted);
        context.Response.RegisterForDisposeAsync(updates);
        try
        {
            // What stands against a request shows before its first token, while the status can still say so.
            bool hasUpdate = await updates.MoveNextAsync();
            return TypedResults.ServerSentEvents(EventsAsync(updates, hasUpdate, logger));
        }
        catch (Gemma4BusyException busy)
        {
            return TypedResults.Problem(busy.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        catch (Gemma4ContextOverflowException overflow)
        {
            return TypedResults.Problem(overflow.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static async IAsyncEnumerable<SseItem<ChatEvent>> EventsAsync(IAsyncEnumerator<ChatResponseUpdate> updates, bool hasUpdate, ILogger logger)
    {
        ChatFinishReason? finish = null;
        UsageDetails usage = new();
        Exception? failure = null;
        while (hasUpdate)
        {
            ChatResponseUpdate update = updates.Current;
            finish = update.FinishReason ?? finish;
            foreach (UsageContent used in update.Contents.OfType<UsageContent>())
            {
                usage.Add(used.Details);
            }

            if (update.Text.Length > 0)
            {
                yield return new SseItem<ChatEvent>(new ChatEvent(Text: update.Text), "text");
            }

            try
            {
                hasUpdate = await updates.MoveNextAsync();
            }
            catch (Exception broken) when (broken is not OperationCanceledException)
            {
                logger.LogError(broken, "An answer broke off.");
                failure = broken;
                break;
            }
        }

        yield return failure is null
            ? new SseItem<ChatEvent>(new ChatEvent(FinishReason: finish?.Value, InputTokens: usage.InputTokenCount, OutputTokens: usage.OutputTokenCount), "done")
            : new SseItem<ChatEvent>(new ChatEvent(Error: "The answer broke off."), "error");
    }
}
