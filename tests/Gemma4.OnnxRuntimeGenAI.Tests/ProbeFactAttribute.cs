using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>A test on a child process with the stand-in library, which may run beside a real one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProbeFactAttribute : FactAttribute
{
    public ProbeFactAttribute() => Skip = ToyLibrary.MissingCompiler;
}
