using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>Turns what the native runtime reports into an error that says what to do.</summary>
internal static class OnnxFailure
{
    /// <summary>The managed package hides a missing library inside its own static initializer.</summary>
    internal static bool IsMissingLibrary(Exception exception) => exception switch
    {
        DllNotFoundException or BadImageFormatException => true,
        TypeInitializationException { InnerException: { } inner } => IsMissingLibrary(inner) || inner is EntryPointNotFoundException,
        _ => false,
    };

    internal static Gemma4ModelException MissingLibrary(Exception exception) =>
        new("The native library 'onnxruntime' could not be loaded: " + (exception.InnerException ?? exception).Message.TrimEnd()
            + " Add the package Microsoft.ML.OnnxRuntime (processor) or Microsoft.ML.OnnxRuntime.Gpu to the application.",
            exception);

    internal static Gemma4ModelException Load(string modelPath, OnnxRuntimeException exception) =>
        new($"'{modelPath}' could not be loaded by ONNX Runtime: {Text(exception)} {WayOut(exception.Message)}", exception);

    internal static Gemma4ModelException Run(string modelPath, OnnxRuntimeException exception) =>
        new($"Running '{modelPath}' failed; the session is as it was before: {Text(exception)} {WayOut(exception.Message)}", exception);

    private static string Text(OnnxRuntimeException exception)
    {
        string text = exception.Message.Trim();
        return text.EndsWith('.') ? text : text + ".";
    }

    private static string WayOut(string message)
    {
        bool Has(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);

        return true switch
        {
            _ when Has("q_norm_weight") =>
                "The graph was exported for CUDA or WebGPU. Export it without fused Q/K norms or build it with 'gemma4 build'.",
            _ when Has("geglu") || Has("FC3 gating") =>
                "The processor's mixture-of-experts operator lacks this model's activation. Take a dense model (E2B, E4B, 12B, 31B).",
            _ when Has("bfloat16") || Has("NOT_IMPLEMENTED") =>
                "The processor has no kernel for an operator in this element type. Build the folder with 'gemma4 build'.",
            _ when Has("opset") || Has("IR_VERSION") || Has("IR version") =>
                "The graph is newer than the installed runtime. Update Microsoft.ML.OnnxRuntime or build the folder with 'gemma4 build'.",
            _ when Has("Failed to allocate memory") || Has("bad_alloc") =>
                "Lower PrefillChunkSize or MaxContextTokens, or take a smaller or more strongly quantized model.",
            _ => "Check that the folder was copied completely, or build it again with 'gemma4 build'.",
        };
    }
}
