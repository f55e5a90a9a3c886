using Xunit;

namespace Gemma4.Retrieval.Tests;

/// <summary>Skipped with the reason when Garnet cannot be had.</summary>
public sealed class GarnetTheoryAttribute : TheoryAttribute
{
    public GarnetTheoryAttribute() => Skip = GarnetServer.Missing.Value;
}
