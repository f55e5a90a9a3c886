using System.ClientModel.Primitives;

namespace Gemma4.Remote.Endpoints;

/// <summary>Sends the key of an endpoint, or none: the library's own policy insists on one.</summary>
internal sealed class EndpointKeyPolicy(Gemma4RemoteEndpoint endpoint) : AuthenticationPolicy
{
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        throw new NotSupportedException("Only asynchronous requests are sent.");

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        string? key = endpoint.ApiKeyProvider is { } provider
            ? await provider(message.CancellationToken).ConfigureAwait(false)
            : endpoint.ApiKey;
        if (key is not null)
        {
            message.Request.Headers.Set("Authorization", "Bearer " + key);
        }

        await ProcessNextAsync(message, pipeline, currentIndex).ConfigureAwait(false);
    }
}
