using Gemma4.Generation;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The chat client over the native engine: prompt, sampler and parser are the same as over the managed one.</summary>
public sealed class ChatTests(ModelCopy model) : IClassFixture<ModelCopy>
{
    private static readonly ChatOptions Short = new() { MaxOutputTokens = 16, Temperature = 0 };

    [ToyFact]
    public async Task Eight_chats_at_once_say_what_each_says_alone()
    {
        using var client = Client();
        var alone = new string[8];
        for (var i = 0; i < alone.Length; i++)
        {
            alone[i] = (await client.GetResponseAsync($"Question {i}", Short)).Text;
        }

        var together = await Task.WhenAll(Enumerable.Range(0, alone.Length).Select(async i => (await client.GetResponseAsync($"Question {i}", Short)).Text));

        Assert.Equal(alone, together);
        Assert.Equal(alone.Length, alone.Distinct().Count());
        ToyControls toy = new(ToyLibrary.Path);
        Assert.Equal(0, toy.Violations);

        // Sessions are kept for the next request, and freed with the client.
        client.Dispose();
        Assert.Equal(0, toy.Alive("generator"));
    }

    [ToyFact]
    public async Task The_streamed_pieces_are_the_folded_text_and_no_piece_comes_twice()
    {
        using var client = Client();
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in client.GetStreamingResponseAsync("Hello", Short))
        {
            updates.Add(update);
        }

        Assert.Equal((await client.GetResponseAsync("Hello", Short)).Text, updates.ToChatResponse().Text);
        Assert.Equal(16, updates.ToChatResponse().Usage!.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Length, updates.ToChatResponse().FinishReason);
    }

    [ToyFact]
    public async Task A_chat_cancelled_while_it_decodes_leaves_the_client_usable()
    {
        using var client = Client();
        var expected = (await client.GetResponseAsync("Hello", Short)).Text;
        using CancellationTokenSource source = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync("Hello", new ChatOptions { Temperature = 0 }, source.Token))
            {
                await source.CancelAsync();
            }
        });

        Assert.Equal(expected, (await client.GetResponseAsync("Hello", Short)).Text);
        client.Dispose();
        Assert.Equal(0, new ToyControls(ToyLibrary.Path).Alive("generator"));
    }

    [ToyFact]
    public async Task A_request_picks_its_adapter_by_name()
    {
        var file = Path.Combine(model.Path, "pirate.onnx_adapter");
        await File.WriteAllTextAsync(file, "the stand-in only opens it");
        using var client = Client(options => options.Adapters["pirate"] = file);
        ChatOptions pirate = Short.Clone();
        pirate.AdditionalProperties = new() { ["adapter"] = "pirate" };
        ChatOptions unknown = Short.Clone();
        unknown.AdditionalProperties = new() { ["adapter"] = "parrot" };

        var plain = (await client.GetResponseAsync("Hello", Short)).Text;

        Assert.NotEqual(plain, (await client.GetResponseAsync("Hello", pirate)).Text);
        Assert.Equal(plain, (await client.GetResponseAsync("Hello", Short)).Text);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("Hello", unknown));
        Assert.Contains("is 'parrot', and Gemma4Options.Adapters has only pirate", error.Message, StringComparison.Ordinal);
    }

    [ToyFact]
    public void The_engine_says_what_it_is()
    {
        using var client = Client();

        Assert.Equal($"onnxruntime-genai on cpu ({ToyLibrary.Path})", client.GetService<IGenerationEngine>()!.ToString());
    }

    private Gemma4ChatClient Client(Action<Gemma4Options>? configure = null)
    {
        new ToyControls(ToyLibrary.Path).Set("reset", 0);
        Gemma4Options options = new() { ModelPath = model.Path };
        configure?.Invoke(options);
        return new Gemma4ChatClient(options.UseOnnxRuntimeGenAI(native => native.LibraryPath = ToyLibrary.Path));
    }
}
