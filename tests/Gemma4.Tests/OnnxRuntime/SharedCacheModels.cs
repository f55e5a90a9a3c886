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
    private readonly ConcurrentDictionary<(string Size, bool Windowed, bool Rounded), Lazy<Task<string>>> _built = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="size">e2b, which the repository has, or another size of the shared data folder.</param>
    /// <param name="windowed">Whether sliding layers keep a window.</param>
    /// <param name="rounded">Whether layers with full attention keep 8 bits.</param>
    internal string Path(string size, bool windowed, bool rounded = false) => _built.GetOrAdd((size, windowed, rounded), key => new(async () =>
    {
        string source = key.Size == "e2b" ? TestData.Path("tiny", "e2b") : System.IO.Path.Combine(TestData.Shared!, "tiny", key.Size);
        string path = System.IO.Path.Combine(_folder.Path, $"{key.Size} {key.Windowed} {key.Rounded}");
        await Gemma4ModelBuilder.BuildAsync(
            source, path, new()
            {
                KeyValues = key.Windowed ? KeyValueCache.Windowed : KeyValueCache.Full,
                KeyValuePrecision = key.Rounded ? ModelPrecision.Int8 : ModelPrecision.Float32,
            });
        return path;
    })).Value.GetAwaiter().GetResult();

    /// <param name="size">As for <see cref="Path"/>.</param>
    /// <param name="windowed">As for <see cref="Path"/>.</param>
    /// <param name="slack">Room beyond the window.</param>
    /// <param name="rounded">As for <see cref="Path"/>.</param>
    /// <param name="configure">Changes the options.</param>
    internal OnnxGenerationEngine Load(
        string size, bool windowed = false, int slack = CacheWindow.DefaultSlack, Action<OnnxRuntimeOptions>? configure = null,
        bool rounded = false)
    {
        var options = new OnnxRuntimeOptions { IntraOpThreads = 1 };
        configure?.Invoke(options);
        return OnnxGenerationEngine.Load(
            Gemma4ModelFolder.Open(Path(size, windowed, rounded)), options, initialCapacity: 4, windowSlack: slack);
    }
}
