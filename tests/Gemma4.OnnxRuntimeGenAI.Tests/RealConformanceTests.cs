using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The conformance suite on the real library and the nano model.</summary>
public sealed class RealConformanceTests(ModelCopy model) : GenerationEngineConformance, IClassFixture<ModelCopy>
{
    public static IEnumerable<object[]> Cases => Behaviours.Select(behaviour => new object[] { behaviour });

    [RealTheory]
    [MemberData(nameof(Cases))]
    public void It_conforms(string behaviour) => Run(behaviour);

    // Quantised kernels differ between one and several tokens.
    protected override double ChunkingTolerance => 0.05;

    protected override IGenerationEngine CreateEngine() => NativeGenerationEngine.Load(model.Folder, RealModelTests.OneThread());
}
