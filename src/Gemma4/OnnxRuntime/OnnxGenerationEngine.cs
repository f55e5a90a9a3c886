using System.Globalization;
using Gemma4.Generation;
using Gemma4.Models;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Runs a model folder on ONNX Runtime. The weights are loaded once; sessions run side by side, each with an attention
/// cache that starts at 512 tokens, doubles as needed and is never copied between tokens. The application brings the
/// native library (package Microsoft.ML.OnnxRuntime).
/// </summary>
public sealed partial class OnnxGenerationEngine
{
    private const int DefaultInitialCapacity = 512;
    private const int DefaultBudgetDivisor = 4;

    private readonly Lock _gate = new();
    private readonly HashSet<OnnxGenerationSession> _sessions = [];
    private readonly DecoderGraph _graph;
    private readonly CacheBudget _budget;
    private readonly int _initialCapacity;
    private bool _disposed;

    private OnnxGenerationEngine(
        InferenceSession native, DecoderGraph graph, Gemma4ModelFolder folder, OnnxRuntimeOptions options, int initialCapacity)
    {
        Native = native;
        _graph = graph;
        _initialCapacity = initialCapacity;
        _budget = new CacheBudget(
            options.KvCacheMemoryBudget ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / DefaultBudgetDivisor);
        long affordable = _budget.Limit / graph.BytesPerToken;
        if (affordable < 1)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"One token of '{folder.ModelPath}' needs {graph.BytesPerToken} bytes of attention cache, more than the {_budget.Limit} bytes allowed. Raise OnnxRuntimeOptions.KvCacheMemoryBudget."));
        }

        VocabularySize = folder.VocabularySize;
        MaxContextTokens = (int)Math.Min(
            Math.Min(folder.ContextLength, options.MaxContextTokens ?? int.MaxValue), affordable);
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int MaxContextTokens { get; }

    internal InferenceSession Native { get; }

    /// <summary>Cache bytes that one token takes over all layers.</summary>
    internal long CacheBytesPerToken => _graph.BytesPerToken;

    /// <summary>Loads the graph of <paramref name="folder"/>; for a large model this takes seconds.</summary>
    /// <exception cref="Gemma4ModelException">
    /// The native library is missing, or the graph cannot be loaded or is not a text decoder.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of its range or refused.</exception>
    /// <exception cref="InvalidOperationException">The cache budget does not hold a single token.</exception>
    public static OnnxGenerationEngine Load(Gemma4ModelFolder folder, OnnxRuntimeOptions? options = null) =>
        Load(folder, options, DefaultInitialCapacity);

    internal static OnnxGenerationEngine Load(Gemma4ModelFolder folder, OnnxRuntimeOptions? options, int initialCapacity)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new OnnxRuntimeOptions();
        OnnxSession.Check(options);
        InferenceSession native = OnnxSession.Open(folder, options);
        try
        {
            return new OnnxGenerationEngine(native, DecoderGraph.Read(folder, native), folder, options, initialCapacity);
        }
        catch
        {
            native.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public IGenerationSession CreateSession()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Open(adapter: null);
        }
    }

    /// <summary>Waits for steps under way, disposes the sessions that are still open and frees the weights.</summary>
    public void Dispose()
    {
        OnnxGenerationSession[] open;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            open = [.. _sessions];
        }

        foreach (OnnxGenerationSession session in open)
        {
            session.Dispose();
        }

        foreach (LoadedAdapter adapter in _adapters.Values)
        {
            adapter.Dispose();
        }

        Native.Dispose();
    }

    internal void Forget(OnnxGenerationSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    private OnnxGenerationSession Open(LoadedAdapter? adapter)
    {
        var cache = new SessionCache(_graph, _budget, _initialCapacity, MaxContextTokens);
        OrtIoBinding binding = Native.CreateIoBinding();
        adapter?.BindTo(binding);
        var session = new OnnxGenerationSession(this, _graph, binding, cache);
        _sessions.Add(session);
        return session;
    }
}
