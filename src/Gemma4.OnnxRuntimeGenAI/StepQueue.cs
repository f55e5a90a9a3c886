using System.Diagnostics.CodeAnalysis;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>
/// Lets one thread at a time into a model: the library is not thread-safe. Waiting can be cancelled, so a request that
/// queues behind a long prompt ends at once when its caller gives up.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore makes no wait handle, so there is nothing to free; a waiter may outlive the engine.")]
internal sealed class StepQueue
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <exception cref="OperationCanceledException">The token was cancelled before the turn came.</exception>
    internal void Enter(CancellationToken cancellationToken = default) => _turn.Wait(cancellationToken);

    internal bool TryEnter(TimeSpan patience) => _turn.Wait(patience);

    internal void Leave() => _turn.Release();
}
