using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

public sealed class RoundedCacheConformanceTests(LayoutModels models) : GenerationEngineConformance, IClassFixture<LayoutModels>
{
    public static IEnumerable<object[]> Cases => Behaviours.Select(behaviour => new object[] { behaviour });

    // A key between two of its 8-bit steps may be rounded to either.
    protected override double ChunkingTolerance => 0.15;

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_conforms(string behaviour) => Run(behaviour);

    protected override IGenerationEngine CreateEngine() => models.Load(LayoutModels.Rounded);
}
