using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToyTheoryAttribute : TheoryAttribute
{
    public ToyTheoryAttribute() => Skip = ToyLibrary.SkipReason;
}
