namespace Gemma4.ModelBuilder.Graphs;

/// <summary>Counts what the copying threads have written and reports it, one report at a time and in rising order.</summary>
internal sealed class WrittenBytes(IProgress<ModelBuildProgress>? progress, long total)
{
    private readonly Lock _gate = new();
    private long _written;

    /// <summary>Counts what was written already.</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            _written += bytes;
        }
    }

    public void Add(long bytes, string weight)
    {
        lock (_gate)
        {
            _written += bytes;
            progress?.Report(new ModelBuildProgress(weight, _written, total));
        }
    }
}
