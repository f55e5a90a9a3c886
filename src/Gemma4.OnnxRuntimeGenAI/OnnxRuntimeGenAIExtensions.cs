using Gemma4.OnnxRuntimeGenAI;

namespace Gemma4;

/// <summary>Selects the native onnxruntime-genai library as engine.</summary>
public static class OnnxRuntimeGenAIExtensions
{
    /// <summary>
    /// Runs the model on the native onnxruntime-genai library instead of the managed engine. Prompt, tokenizer, sampling
    /// and parsing stay the same. The application brings the library: one package line, of
    /// Microsoft.ML.OnnxRuntimeGenAI or its .Cuda build, or a path. It is looked for when the model loads.
    /// </summary>
    /// <exception cref="ArgumentException">A value set by <paramref name="configure"/> is out of range.</exception>
    public static Gemma4Options UseOnnxRuntimeGenAI(this Gemma4Options options, Action<OnnxRuntimeGenAIOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        OnnxRuntimeGenAIOptions native = new();
        configure?.Invoke(native);
        NativeGenerationEngine.Check(native);
        options.EngineFactory = folder => NativeGenerationEngine.Load(folder, native);
        return options;
    }
}
