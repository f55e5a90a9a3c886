using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Testing;

namespace Gemma4.Benchmarks;

/// <summary>The engine's contract on one built folder.</summary>
internal sealed class LayoutConformance(string folder) : GenerationEngineConformance
{
    protected override IGenerationEngine CreateEngine() =>
        OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(folder), new OnnxRuntimeOptions { IntraOpThreads = 1 });
}
