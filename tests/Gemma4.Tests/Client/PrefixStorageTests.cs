using Gemma4.Tests.Generation;
using Gemma4.Tests.Models;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Client;

/// <summary>A prefix that one client has read is found in the prefix cache of another.</summary>
public sealed class PrefixStorageTests : IDisposable
{
    private static readonly ChatOptions Options = new() { Instructions = string.Concat(Enumerable.Repeat("Be brief and kind. ", 10)), MaxOutputTokens = 12, Temperature = 0 };

    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "prefix.bin");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_loaded_prefix_is_a_cache_hit_and_changes_no_answer()
    {
        using Gemma4ChatClient first = Create();
        await first.SavePrefixAsync([], Options, File);
        ChatResponse expected = await first.GetResponseAsync("What is the capital of France?", Options);
        Assert.Equal([File], Directory.GetFiles(_folder.Path));

        using Gemma4ChatClient second = Create();
        int tokens = await second.LoadPrefixAsync(File);
        Assert.Equal(1, second.GetStatistics().PrefixCache.Sessions);
        ChatResponse folded = await second.GetResponseAsync("What is the capital of France?", Options);
        ChatResponse streamed = await second.GetStreamingResponseAsync("What is the capital of Spain?", Options).ToChatResponseAsync();

        Assert.True(tokens > 30);
        Assert.Equal(tokens, folded.Usage!.CachedInputTokenCount);
        Assert.InRange(streamed.Usage!.CachedInputTokenCount!.Value, tokens, int.MaxValue);
        Assert.Equal(expected.Text, folded.Text);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_and_the_client_goes_on()
    {
        using Gemma4ChatClient client = Create();
        await client.SavePrefixAsync([], Options, File);
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File);
        await System.IO.File.WriteAllBytesAsync(File, bytes[..^1]);

        string message = (await Assert.ThrowsAsync<Gemma4ModelException>(() => client.LoadPrefixAsync(File))).Message;

        Assert.Contains($"'{File}' is cut off", message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(() => client.LoadPrefixAsync(File + ".none"));
        Assert.NotNull((await client.GetResponseAsync("Hello", Options)).FinishReason);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_leaves_the_old_one_and_no_part_of_a_new_one()
    {
        using Gemma4ChatClient client = Create();
        Directory.CreateDirectory(File);

        await Assert.ThrowsAnyAsync<Exception>(() => client.SavePrefixAsync([], Options, File));

        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.True(Directory.Exists(File));
    }

    [Fact]
    public async Task More_than_may_be_kept_is_refused()
    {
        using Gemma4ChatClient client = Create();
        await client.SavePrefixAsync([], Options, File);
        using Gemma4ChatClient small = Create(options => options.PrefixCache.MemoryBudget = 1000);

        string message = (await Assert.ThrowsAsync<InvalidOperationException>(() => small.LoadPrefixAsync(File))).Message;

        Assert.Contains("PrefixCache.MemoryBudget", message, StringComparison.Ordinal);
        Assert.Equal(0, small.GetStatistics().PrefixCache.Sessions);
    }

    [Fact]
    public async Task Without_a_prefix_cache_there_is_nothing_to_save_or_load()
    {
        using Gemma4ChatClient client = Create(options => options.PrefixCache.Enabled = false);

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.SavePrefixAsync([], Options, File));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.LoadPrefixAsync(File));
    }

    [Fact]
    public async Task An_engine_that_cannot_is_named()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out _);

        foreach (Func<Task> call in new Func<Task>[] { () => client.SavePrefixAsync([], Options, File), () => client.LoadPrefixAsync(File) })
        {
            Assert.Contains(nameof(HashEngine), (await Assert.ThrowsAsync<NotSupportedException>(call)).Message, StringComparison.Ordinal);
        }
    }

    private static Gemma4ChatClient Create(Action<Gemma4Options>? configure = null)
    {
        Gemma4Options options = new();
        options.UseNano();
        options.OnnxRuntime.IntraOpThreads = 1;
        configure?.Invoke(options);
        return new Gemma4ChatClient(options);
    }
}
