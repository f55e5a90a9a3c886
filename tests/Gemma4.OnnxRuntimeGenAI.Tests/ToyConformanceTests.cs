using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>
/// The whole conformance suite over the C interface, in every state a native model can be in, and nothing may leak or
/// be called from two threads at once.
/// </summary>
public sealed class ToyConformanceTests(ModelCopy model) : GenerationEngineConformance, IClassFixture<ModelCopy>, IDisposable
{
    private static readonly Dictionary<string, (Action<OnnxRuntimeGenAIOptions> Configure, Action<ToyControls> Prepare)> Variants = new()
    {
        ["plain"] = (_ => { }, _ => { }
        ),
        ["small caches that are outgrown"] = (options => options.InitialContextTokens = 3, _ => { }
        ),
        ["no shared buffer"] = (options => options.ConfigOverlay = """{"search":{"past_present_share_buffer":false}}""", _ => { }
        ),
        ["windows that evict"] = (_ => { }, toy => toy.Set("evict_after", 6)),
        ["multimodal type"] = (_ => { }, toy => toy.Set("multimodal", 1)),
        ["half precision"] = (_ => { }, toy => toy.Set("dtype", 10)),
        ["brain floats"] = (_ => { }, toy => toy.Set("dtype", 16)),
    };

    private string _variant = "plain";

    public static IEnumerable<object[]> Cases =>
        from variant in Variants.Keys
        from behaviour in Behaviours
        select new object[] { variant, behaviour };

    [ToyTheory]
    [MemberData(nameof(Cases))]
    public void It_conforms(string variant, string behaviour)
    {
        _variant = variant;
        Run(behaviour);

        ToyControls toy = new(ToyLibrary.Path);
        Assert.Equal(0, toy.Violations);
        Assert.All(
            ["config", "model", "params", "generator", "tensor", "adapters", "result", "string"],
            kind => Assert.Equal(0, toy.Alive(kind)));
    }

    public void Dispose()
    {
        if (ToyLibrary.SkipReason is null)
        {
            new ToyControls(ToyLibrary.Path).Set("reset", 0);
        }
    }

    protected override IGenerationEngine CreateEngine()
    {
        var (configure, prepare) = Variants[_variant];
        return model.LoadToy(configure, prepare);
    }
}
