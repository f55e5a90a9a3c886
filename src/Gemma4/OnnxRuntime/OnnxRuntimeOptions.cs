using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>How a model is loaded and run by ONNX Runtime.</summary>
public sealed class OnnxRuntimeOptions
{
    /// <summary>
    /// Threads that share one operator, at least 1. Default null: ONNX Runtime takes one per physical core. One thread is
    /// often faster where other processes keep the cores busy.
    /// </summary>
    public int? IntraOpThreads { get; set; }

    /// <summary>Operators run side by side, at least 1. Default null: ONNX Runtime's choice, which is 1.</summary>
    public int? InterOpThreads { get; set; }

    /// <summary>
    /// Whether idle worker threads wait in a busy loop. Default false: on a shared machine spinning threads take the
    /// time of others and made a token 1.4 to 2 times slower; on a machine of one's own true saves some microseconds per
    /// operator.
    /// </summary>
    public bool AllowSpinning { get; set; }

    /// <summary>
    /// Name of the execution provider, as in "CUDA" or "XNNPACK"; the native package of the application must contain it.
    /// Default null: the processor. The attention cache stays in ordinary memory whatever the provider.
    /// </summary>
    public string? ExecutionProvider { get; set; }

    /// <summary>Settings of <see cref="ExecutionProvider"/>, passed on unchanged. Default empty.</summary>
    public IDictionary<string, string> ProviderOptions { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// ONNX Runtime session config entries, passed on unchanged; ONNX Runtime ignores keys it does not know. Default
    /// empty. "session.save_external_prepacked_constant_initializers" is refused: models saved so return NaN.
    /// </summary>
    public IDictionary<string, string> SessionConfigEntries { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Default all optimizations.</summary>
    public GraphOptimizationLevel GraphOptimizationLevel { get; set; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>
    /// Whether ONNX Runtime keeps freed working memory for the next run. Default true; false gives memory back after
    /// every run and costs time.
    /// </summary>
    public bool MemoryArena { get; set; } = true;

    /// <summary>
    /// Most tokens per session, at least 1. Default null: what the model was made for. The memory budget can lower it
    /// further.
    /// </summary>
    public int? MaxContextTokens { get; set; }

    /// <summary>
    /// Bytes that the attention caches of all sessions may take together. Default null: a quarter of the memory that the
    /// garbage collector sees as available to the process (container limits included).
    /// </summary>
    public long? KvCacheMemoryBudget { get; set; }

    /// <summary>
    /// Whether ONNX Runtime's own usage reports stay on. Default false: they are switched off before the runtime starts.
    /// The setting is per process, so the first model that is loaded decides.
    /// </summary>
    public bool EnableTelemetry { get; set; }

    /// <summary>
    /// Called last on the native session options, after everything above was applied; once for each graph where the
    /// embedding is a graph of its own. Default null.
    /// </summary>
    public Action<SessionOptions>? ConfigureSession { get; set; }
}
