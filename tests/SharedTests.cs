namespace Gemma4;

/// <summary>Why a test that needs the shared data folder is skipped; null where the folder is there.</summary>
internal static class SharedTests
{
    public static string? SkipReason =>
        TestData.Shared is null ? "needs the shared data folder beside the repository, which is absent here" : null;
}

/// <summary>A test that needs the shared data folder.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFactAttribute : Xunit.FactAttribute
{
    public SharedFactAttribute() => Skip = SharedTests.SkipReason;
}

/// <summary>A theory that needs the shared data folder.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedTheoryAttribute : Xunit.TheoryAttribute
{
    public SharedTheoryAttribute() => Skip = SharedTests.SkipReason;
}
