namespace Gemma4.ModelBuilder;

/// <summary>What became of a build.</summary>
/// <param name="Notes">One sentence for each thing that was left out or assumed, such as image tensors; also in the
/// folder's README.md. Empty for a plain text checkpoint.</param>
public sealed record ModelBuildResult(IReadOnlyList<string> Notes);
