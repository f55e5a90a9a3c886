using System.Collections.Concurrent;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Tiny checkpoints of several shapes as exact 32-bit graphs, each built when first asked for.</summary>
public sealed class SharedCacheModels : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _built = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="size">e2b, which the repository has, or another size of the shared data folder.</param>
    internal string Path(string size) => _built.GetOrAdd(size, key => new(async () =>
    {
        string source = key == "e2b" ? TestData.Path("tiny", "e2b") : System.IO.Path.Combine(TestData.Shared!, "tiny", key);
        string path = System.IO.Path.Combine(_folder.Path, key);
        await Gemma4ModelBuilder.BuildAsync(source, path);
        return path;
    })).Value.GetAwaiter().GetResult();

    internal OnnxGenerationEngine Load(string size, Action<OnnxRuntimeOptions>? configure = null)
    {
        var options = new OnnxRuntimeOptions { IntraOpThreads = 1 };
        configure?.Invoke(options);
        return OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(Path(size)), options, initialCapacity: 4);
    }
}
