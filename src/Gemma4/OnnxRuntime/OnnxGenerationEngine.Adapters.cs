using Gemma4.Generation;

namespace Gemma4.OnnxRuntime;

public sealed partial class OnnxGenerationEngine : IAdapterEngine
{
    private readonly Dictionary<string, LoadedAdapter> _adapters = new(StringComparer.Ordinal); // by full path

    /// <inheritdoc/>
    public IGenerationSession CreateSession(string adapterFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(adapterFile);
        string path = Path.GetFullPath(adapterFile);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_adapters.TryGetValue(path, out LoadedAdapter? adapter))
            {
                adapter = LoadedAdapter.Load(path, Native, _graph.ModelPath);
                _adapters.Add(path, adapter);
            }

            return Open(adapter);
        }
    }
}
