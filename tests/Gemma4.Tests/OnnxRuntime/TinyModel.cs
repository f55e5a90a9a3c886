using System.Text.Json;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>The tiny E2B checkpoint built once per test class, under a name that is not ASCII, and its reference.</summary>
public sealed class TinyModel : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new("модель-模型");

    internal string Path => System.IO.Path.Combine(_folder.Path, "e2b");

    internal Gemma4ModelFolder Folder => Gemma4ModelFolder.Open(Path);

    public async Task InitializeAsync() => await Gemma4ModelBuilder.BuildAsync(TestData.Path("tiny", "e2b"), Path);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    internal OnnxGenerationEngine Load(int initialCapacity = 512, Action<OnnxRuntimeOptions>? configure = null)
    {
        var options = new OnnxRuntimeOptions { IntraOpThreads = 1 };
        configure?.Invoke(options);
        return OnnxGenerationEngine.Load(Folder, options, initialCapacity);
    }

    internal static (int[] Prompt, float[] Logits, int[] Greedy) Case(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("tiny", "e2b", "reference.json")));
        JsonElement found = document.RootElement.GetProperty("cases").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);
        byte[] bytes = found.GetProperty("logits_last").GetProperty("base64").GetBytesFromBase64();
        return (Ids("prompt"), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray(), Ids("greedy"));

        int[] Ids(string key) => [.. found.GetProperty(key).EnumerateArray().Select(id => id.GetInt32())];
    }
}
