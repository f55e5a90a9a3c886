namespace Gemma4.Models;

/// <summary>Keeps a loaded model alive while a request runs on it.</summary>
internal sealed class ModelLease(ModelHost host, LoadedModel model) : IDisposable
{
    private int _released;

    public LoadedModel Model { get; } = model;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            host.Release();
        }
    }
}
