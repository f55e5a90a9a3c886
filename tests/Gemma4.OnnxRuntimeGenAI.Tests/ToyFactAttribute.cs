using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToyFactAttribute : FactAttribute
{
    public ToyFactAttribute() => Skip = ToyLibrary.SkipReason;
}
