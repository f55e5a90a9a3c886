using Gemma4.Generation;
using Gemma4.Testing;

namespace Gemma4.GenAIProbe;

internal sealed class ProbeConformance(Func<IGenerationEngine> create) : GenerationEngineConformance
{
    protected override IGenerationEngine CreateEngine() => create();
}
