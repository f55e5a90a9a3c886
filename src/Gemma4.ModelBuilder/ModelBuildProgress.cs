namespace Gemma4.ModelBuilder;

/// <summary>Reported each time that rows of a weight were written, about every million values.</summary>
/// <param name="Weight">The weight's name in the built graph.</param>
/// <param name="Bytes">Bytes of weight data written so far; never falls.</param>
/// <param name="TotalBytes">Bytes of weight data in the complete folder.</param>
public readonly record struct ModelBuildProgress(string Weight, long Bytes, long TotalBytes);
