using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealFactAttribute : FactAttribute
{
    public RealFactAttribute() => Skip = RealLibrary.SkipReason;
}
