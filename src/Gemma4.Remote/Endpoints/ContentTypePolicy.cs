using System.ClientModel.Primitives;

namespace Gemma4.Remote.Endpoints;

/// <summary>
/// Refuses a successful answer that is not a stream of events: without it a web page in place of a model reads as an
/// answer of no words.
/// </summary>
internal sealed class ContentTypePolicy(Uri endpoint) : PipelinePolicy
{
    private const string EventStream = "text/event-stream";

    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        throw new NotSupportedException("Only asynchronous requests are sent.");

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        await ProcessNextAsync(message, pipeline, currentIndex).ConfigureAwait(false);
        if (message.Response is not { IsError: false } response || message.BufferResponse)
        {
            return;
        }

        response.Headers.TryGetValue("Content-Type", out string? type);
        if (type?.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new Gemma4RemoteException($"{endpoint} answered with '{type ?? "no content type"}' where a chat completion streams as '{EventStream}'. Check the address: with most servers it ends in /v1.")
            {
                Endpoint = endpoint,
                Status = response.Status,
            };
        }
    }
}
