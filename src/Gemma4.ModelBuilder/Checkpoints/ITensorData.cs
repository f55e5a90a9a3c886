namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>Gives the values of tensors. Several threads may read at once.</summary>
internal interface ITensorData
{
    /// <summary>What to call the origin in an error.</summary>
    string Path { get; }

    /// <summary>Fills <paramref name="destination"/> with the values from element <paramref name="firstElement"/> on.</summary>
    void Read(CheckpointTensor tensor, long firstElement, Span<float> destination);
}
