namespace Gemma4.Retrieval.Ingestion;

/// <summary>How far the hosted ingestion is.</summary>
public sealed class IngestionStatus
{
    private readonly TaskCompletionSource<IngestionProgress> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest state; null before the first document.</summary>
    public IngestionProgress? Latest { get; private set; }

    /// <summary>Ends with the final state, or with the error that stopped the ingestion.</summary>
    public Task<IngestionProgress> Completion => _completion.Task;

    internal void Report(IngestionProgress progress) => Latest = progress;

    internal void Complete(IngestionProgress progress)
    {
        Latest = progress;
        _completion.TrySetResult(progress);
    }

    internal void Fail(Exception problem) => _completion.TrySetException(problem);

    internal void Cancel() => _completion.TrySetCanceled();
}
