using Xunit;

namespace Gemma4.Retrieval.Tests;

/// <summary>A theory some of whose cases need sqlite-vec: skipped with the reason where it is not to be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SqliteVecTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks for the library.</summary>
    public SqliteVecTheoryAttribute() => Skip = SqliteVecLibrary.Missing;
}
