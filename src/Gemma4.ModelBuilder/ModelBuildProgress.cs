namespace Gemma4.ModelBuilder;

/// <summary>Reported once for each weight that was written.</summary>
/// <param name="Weight">Its name in the built graph.</param>
/// <param name="Bytes">Bytes of weight data on disk so far.</param>
public readonly record struct ModelBuildProgress(string Weight, long Bytes);
