using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

public sealed class OnnxEngineConformanceTests(TinyModel model) : GenerationEngineConformance, IClassFixture<TinyModel>
{
    public static IEnumerable<object[]> Cases => Behaviours.Select(behaviour => new object[] { behaviour });

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_conforms(string behaviour) => Run(behaviour);

    protected override IGenerationEngine CreateEngine() => model.Load(initialCapacity: 8);
}
