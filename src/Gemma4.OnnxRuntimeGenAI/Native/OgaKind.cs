namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>Types of native objects, in the order in which leftovers are destroyed: users before what they use.</summary>
internal enum OgaKind
{
    Tensor,
    Generator,
    GeneratorParams,
    Adapters,
    Model,
    Config,
}
