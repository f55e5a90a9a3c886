namespace Gemma4.Safety.Tests;

/// <summary>A test that needs the shared data folder and is skipped, with the reason, where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (TestData.Shared is null)
        {
            Skip = "needs the shared data folder beside the repository (public prompt sets), which is absent here";
        }
    }
}
