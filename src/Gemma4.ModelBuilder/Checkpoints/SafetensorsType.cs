namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>The element types a weight may be stored in.</summary>
internal enum SafetensorsType
{
    /// <summary>A type the builder cannot read; harmless in a tensor it does not need.</summary>
    Other,
    F32,
    F16,
    BF16,
}
