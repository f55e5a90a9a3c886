using System.Collections.Concurrent;
using Gemma4.ModelBuilder;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>One tiny checkpoint in every layout and with the habits of several exporters, each built when first asked for.</summary>
public sealed class LayoutModels : IDisposable
{
    // Three rows of logits: longer steps of graphs that score every position are cut into parts.
    private const long FewLogits = 3 * 512 * sizeof(float);

    // Room beyond the window of 16 tokens: sequences of a test slide, go back and are run again.
    private const int FewTokens = 8;

    /// <summary>The layout whose caches of full attention have 8 bits, and whose logits therefore are others.</summary>
    internal const string Rounded = "text, caches of 8 bits";

    private static readonly Dictionary<string, ModelBuildOptions> Options = new()
    {
        ["text"] = new() { KeyValues = KeyValueCache.Full },
        ["text, windowed"] = new(),
        [Rounded] = new() { KeyValuePrecision = ModelPrecision.Int8 },
        ["text, full caches, several positions"] = new() { Style = GraphStyle.Own with { TakesLogitsToKeep = true } },
        ["multi-model"] = new() { Layout = ModelLayout.MultiModel },
        ["transformers-js"] = new() { Layout = ModelLayout.TransformersJs },
        ["text, traced"] = new() { Style = GraphStyle.Traced },
        ["multi-model, decoder takes ids"] =
            new() { Layout = ModelLayout.MultiModel, Style = GraphStyle.MultiModel with { DecoderTakesIds = true } },
        ["transformers-js, all positions"] =
            new() { Layout = ModelLayout.TransformersJs, Style = GraphStyle.Traced with { TakesLogitsToKeep = false } },
        ["transformers-js, per-layer axis"] =
            new() { Layout = ModelLayout.TransformersJs, Style = GraphStyle.Traced with { PerLayerAxis = true } },
        ["transformers-js, cache branch"] =
            new() { Layout = ModelLayout.TransformersJs, Style = GraphStyle.Traced with { TakesCacheBranch = true } },
        ["transformers-js, in place"] = new() { Layout = ModelLayout.TransformersJs, Style = GraphStyle.Own },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<(string, string), Lazy<Task<string>>> _built = new();

    public static IEnumerable<string> Exact => Options.Keys.Where(layout => layout != Rounded);

    public void Dispose() => _folder.Dispose();

    internal string Path(string layout, string? checkpoint = null)
    {
        string source = checkpoint ?? TestData.Path("tiny", "e2b");
        return _built.GetOrAdd((layout, source), key => new(async () =>
        {
            string path = System.IO.Path.Combine(_folder.Path, $"{_built.Count} {key.Item1}");
            await Gemma4ModelBuilder.BuildAsync(source, path, Options[key.Item1]);
            return path;
        })).Value.GetAwaiter().GetResult();
    }

    /// <summary>A copy that a test may change.</summary>
    internal TemporaryFolder Copy(string layout)
    {
        var copy = new TemporaryFolder();
        string source = Path(layout);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = System.IO.Path.Combine(copy.Path, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    internal OnnxGenerationEngine Load(string layout, Action<OnnxRuntimeOptions>? configure = null) =>
        LoadFolder(Path(layout), configure);

    internal static OnnxGenerationEngine LoadFolder(string path, Action<OnnxRuntimeOptions>? configure = null)
    {
        var options = new OnnxRuntimeOptions { IntraOpThreads = 1 };
        configure?.Invoke(options);
        return OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(path), options, initialCapacity: 8, FewLogits, FewTokens);
    }
}
