using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>A test that needs the shared data folder and is skipped, with the reason, where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute()
    {
        if (TestData.Shared is null)
        {
            Skip = "needs the shared data folder beside the repository (full checkpoints), which is absent here";
        }
    }
}
