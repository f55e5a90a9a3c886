using Microsoft.Extensions.Logging;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>How the native onnxruntime-genai library is found and run.</summary>
public sealed class OnnxRuntimeGenAIOptions
{
    /// <summary>
    /// Execution provider: "cpu", "cuda", or another name that the library knows, such as "webgpu". Default null: what
    /// genai_config.json says, which is the processor where it names none. "dml" is refused: on DirectML the library
    /// cannot append to a running generator.
    /// </summary>
    public string? Provider { get; set; }

    /// <summary>Settings of <see cref="Provider"/>, such as "device_id", passed on unchanged. Default empty.</summary>
    public IDictionary<string, string> ProviderOptions { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// True runs on the processor, with a warning to <see cref="Logger"/>, when <see cref="Provider"/> cannot be used.
    /// Default false: an error says why it cannot.
    /// </summary>
    public bool FallBackToCpu { get; set; }

    /// <summary>
    /// Whether driver, CUDA and cuDNN libraries are looked for before "cuda" is tried, because a missing one can end the
    /// process inside native code. Default true.
    /// </summary>
    public bool CheckCuda { get; set; } = true;

    /// <summary>
    /// The native library, or its folder. Default null: the environment variable GEMMA4_GENAI_LIBRARY, then the native
    /// files of the application's packages. A process holds one copy, so every client must name the same.
    /// </summary>
    public string? LibraryPath { get; set; }

    /// <summary>
    /// JSON in the layout of genai_config.json that is laid over the file, such as
    /// <c>{"model":{"decoder":{"session_options":{"intra_op_num_threads":2}}}}</c>. Default null.
    /// </summary>
    public string? ConfigOverlay { get; set; }

    /// <summary>
    /// Most tokens per session, at least 1. Default null: what the model was made for. Memory is taken in steps, see
    /// <see cref="InitialContextTokens"/>.
    /// </summary>
    public int? MaxContextTokens { get; set; }

    /// <summary>
    /// Tokens that a session's attention cache holds at first, at least 1; the default is 4096. The library cannot
    /// enlarge a cache, so a session that outgrows it gets one of twice the size and runs its tokens again, once per
    /// doubling. Has no effect on models whose cache grows by itself (past_present_share_buffer false).
    /// </summary>
    public int InitialContextTokens { get; set; } = 4096;

    /// <summary>
    /// Whether the usage reports of the library and of ONNX Runtime stay on. Default false. The setting is per process:
    /// the first model that is loaded decides.
    /// </summary>
    public bool EnableTelemetry { get; set; }

    /// <summary>
    /// Where warnings and, at Debug level, the library's own messages go. Default null: nowhere, and the library writes
    /// to standard error. The library has one sink per process: the logger of the last loaded model receives all.
    /// </summary>
    public ILogger? Logger { get; set; }
}
