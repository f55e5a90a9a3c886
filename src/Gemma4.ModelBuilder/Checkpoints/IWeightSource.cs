namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>Where the weights of a model come from.</summary>
internal interface IWeightSource
{
    /// <summary>The tensor of that name, without prefix, and exactly that shape.</summary>
    CheckpointTensor Get(string name, params ReadOnlySpan<int> shape);
}
