using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.Tests.Testing;

public class ScriptedEngineConformanceTests : GenerationEngineConformance
{
    public static IEnumerable<object[]> Cases => Behaviours.Select(behaviour => new object[] { behaviour });

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_conforms(string behaviour) => Run(behaviour);

    [Fact]
    public void Every_public_behaviour_is_in_the_list()
    {
        var methods = typeof(GenerationEngineConformance).GetMethods()
            .Where(method => method.DeclaringType == typeof(GenerationEngineConformance))
            .Select(method => method.Name)
            .Where(name => name.Contains('_') && !name.StartsWith("get_", StringComparison.Ordinal));
        Assert.Equal(methods.Order(), Behaviours.Order());
    }

    [Fact]
    public void An_unknown_behaviour_is_refused() =>
        Assert.Contains("Sessions_run_in_parallel", Assert.Throws<ArgumentException>(() => Run("x")).Message);

    protected override IGenerationEngine CreateEngine() =>
        new ScriptedEngine(100, 64, tokens => tokens.Aggregate(17, (hash, token) => ((hash * 31) + token) % 100));
}
