using System.ClientModel.Primitives;

namespace Gemma4.Remote.Endpoints;

/// <summary>
/// Closes the response when its request is over. The library keeps it open when a cancellation falls between the status
/// and the first event, and the server would go on generating for nobody.
/// </summary>
internal sealed class ResponseReleasePolicy : PipelinePolicy
{
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        throw new NotSupportedException("Only asynchronous requests are sent.");

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        try
        {
            await ProcessNextAsync(message, pipeline, currentIndex).ConfigureAwait(false);
        }
        catch
        {
            message.Response?.Dispose();
            throw;
        }

        // Ends with the source of the token, which the endpoint's client cancels when it is done.
        message.CancellationToken.UnsafeRegister(static response => ((PipelineResponse?)response)?.Dispose(), message.Response);
    }
}
