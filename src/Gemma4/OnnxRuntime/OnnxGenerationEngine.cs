using System.Globalization;
using Gemma4.Generation;
using Gemma4.Models;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Runs a model folder on ONNX Runtime. The weights are loaded once; sessions run side by side, each with an attention
/// cache that starts at 512 tokens and doubles as needed. Graphs whose attention appends in place never copy it between
/// tokens; others return a longer one each step, which takes twice the memory and more time the longer the conversation.
/// The application brings the native library (package Microsoft.ML.OnnxRuntime).
/// </summary>
public sealed partial class OnnxGenerationEngine
{
    private const int DefaultInitialCapacity = 512;
    private const int DefaultBudgetDivisor = 4;

    // One row a position: at 262,144 tokens of vocabulary 32 positions, beyond which the rows outweigh a small model.
    private const long DefaultLogitBytes = 32 << 20;

    private readonly Lock _gate = new();
    private readonly HashSet<OnnxGenerationSession> _sessions = [];
    private readonly DecoderGraph _graph;
    private readonly EmbeddingGraph? _embedding;
    private readonly CacheBudget _budget;
    private readonly int _initialCapacity;
    private bool _disposed;

    private OnnxGenerationEngine(
        InferenceSession native, InferenceSession? embedding, Gemma4ModelFolder folder, OnnxRuntimeOptions options,
        int initialCapacity, int windowSlack)
    {
        var graph = DecoderGraph.Read(folder, native, windowSlack);
        Native = native;
        NativeEmbedding = embedding;
        _graph = graph;
        _embedding = embedding is null ? null : EmbeddingGraph.Read(folder.Embedding!, embedding, graph, native);
        _initialCapacity = initialCapacity;
        _budget = new CacheBudget(
            options.KvCacheMemoryBudget ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / DefaultBudgetDivisor);
        long affordable = graph.TokensIn(_budget.Limit);
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

    /// <summary>Memory that a step's logits may take where the graph scores every position of it.</summary>
    internal long MostLogitBytes { get; init; } = DefaultLogitBytes;

    internal InferenceSession Native { get; }

    internal InferenceSession? NativeEmbedding { get; }

    internal DecoderGraph Graph => _graph;

    internal bool CachesInPlace => _graph.CachesInPlace;

    /// <summary>Cache bytes that one token takes over all layers, while no window is full.</summary>
    internal long CacheBytesPerToken => _graph.BytesPerToken;

    /// <summary>Cache bytes of one session with room for <paramref name="tokens"/> tokens.</summary>
    internal long CacheBytes(int tokens) => _graph.CacheBytes(tokens);

    /// <summary>Cache bytes that all sessions hold together now.</summary>
    internal long CacheBytesTaken => _budget.Taken;

    /// <summary>Loads the graphs of <paramref name="folder"/>; for a large model this takes seconds.</summary>
    /// <exception cref="Gemma4ModelException">
    /// The native library is missing, or the graph cannot be loaded or is not a text decoder.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of its range or refused.</exception>
    /// <exception cref="InvalidOperationException">The cache budget does not hold a single token.</exception>
    public static OnnxGenerationEngine Load(Gemma4ModelFolder folder, OnnxRuntimeOptions? options = null) =>
        Load(folder, options, DefaultInitialCapacity);

    internal static OnnxGenerationEngine Load(
        Gemma4ModelFolder folder,
        OnnxRuntimeOptions? options,
        int initialCapacity,
        long mostLogitBytes = DefaultLogitBytes,
        int windowSlack = CacheWindow.DefaultSlack)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new OnnxRuntimeOptions();
        OnnxSession.Check(options);
        InferenceSession native = OnnxSession.Open(folder.ModelPath, options);
        InferenceSession? embedding = null;
        try
        {
            embedding = folder.EmbeddingPath is { } path ? OnnxSession.Open(path, options) : null;
            return new OnnxGenerationEngine(native, embedding, folder, options, initialCapacity, windowSlack) { MostLogitBytes = mostLogitBytes };
        }
        catch
        {
            embedding?.Dispose();
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

        DisposeBatches();
        NativeEmbedding?.Dispose();
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
        var cache = SessionCache.Create(_graph, _budget, _initialCapacity, MaxContextTokens);
        OrtIoBinding binding = Native.CreateIoBinding();
        adapter?.BindTo(binding);
        EmbeddingStep? embedding = _embedding is null ? null : new EmbeddingStep(_embedding, NativeEmbedding!.CreateIoBinding(), binding);
        OnnxGenerationSession session = _graph.LogitsToKeep is null
            ? new OnnxGenerationSession(this, _graph, _embedding, binding, embedding, cache, adapter)
            : new OnnxDraftSession(this, _graph, _embedding, binding, embedding, cache, adapter);
        _sessions.Add(session);
        return session;
    }
}
