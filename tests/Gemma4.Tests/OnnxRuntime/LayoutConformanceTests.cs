using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>The engine's contract holds in every layout, whatever the exporter's habits.</summary>
public sealed class LayoutConformanceTests(LayoutModels models, ITestOutputHelper output)
    : GenerationEngineConformance, IClassFixture<LayoutModels>
{
    private string _layout = "";

    public static IEnumerable<object[]> Cases => Behaviours.Select(behaviour => new object[] { behaviour });

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_layout_conforms(string behaviour)
    {
        // The text layout has this suite in a class of its own.
        foreach (string layout in new[]
        {
            "multi-model", "transformers-js", "transformers-js, all positions", "text, windowed", "text, full caches, several positions",
        })
        {
            _layout = layout;
            Run(behaviour);
            output.WriteLine($"{layout}: holds");
        }
    }

    protected override IGenerationEngine CreateEngine() => models.Load(_layout);
}
