using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealTheoryAttribute : TheoryAttribute
{
    public RealTheoryAttribute() => Skip = RealLibrary.SkipReason;
}
