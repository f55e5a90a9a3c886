namespace Gemma4.ModelBuilder;

/// <summary>What the attention caches of a model's sliding layers keep of a conversation.</summary>
public enum KeyValueCache
{
    /// <summary>
    /// Every token, as those of full attention do. The graph has no input beyond the usual ones, so that the native
    /// ONNX Runtime GenAI library can run the folder too.
    /// </summary>
    Full,

    /// <summary>
    /// The window that the layers look back over and some room to go back. In a long conversation a token then takes a
    /// fraction of the time and memory; going back further than the room runs the conversation again. The graph can
    /// also score several positions at once, which verifying guessed tokens needs. Only this library's own engine,
    /// OnnxGenerationEngine, can run it.
    /// </summary>
    Windowed,
}
