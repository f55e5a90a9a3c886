namespace Gemma4.Models;

/// <summary>How a model folder is divided into graphs and configuration files.</summary>
public enum ModelLayout
{
    /// <summary>One graph from token ids to logits and genai_config.json of the type gemma4_text.</summary>
    Text,

    /// <summary>
    /// ONNX Runtime GenAI's folder of several graphs, genai_config.json of the type gemma4: an embedding graph and a
    /// decoder that starts from its output. Graphs for images and audio may lie beside them.
    /// </summary>
    MultiModel,

    /// <summary>
    /// The folder transformers.js reads: config.json, and in the folder onnx the graphs embed_tokens and
    /// decoder_model_merged, once per precision, told apart by a suffix such as _q4.
    /// </summary>
    TransformersJs,
}
