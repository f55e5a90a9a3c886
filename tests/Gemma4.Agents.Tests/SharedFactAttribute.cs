using Xunit;

namespace Gemma4.Agents.Tests;

/// <summary>A fact about the function-calling questions that lie beside a development checkout.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (Bfcl.Folder is null)
        {
            Skip = "../shared/data/bfcl is not there.";
        }
    }
}
