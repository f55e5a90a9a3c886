using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Testing;

public class ScriptedChatClientTests
{
    private static readonly FunctionCallContent Call = new("call-1", "weather");

    [Fact]
    public async Task Responses_come_in_order_streamed_or_folded()
    {
        using var client = new ScriptedChatClient().Enqueue("Hello").Enqueue(new TextReasoningContent("hm"), Call);
        var first = await client.GetResponseAsync("Hi");
        Assert.Equal(("Hello", ChatFinishReason.Stop), (first.Text, first.FinishReason));

        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync("And the weather?"))
        {
            updates.Add(update);
        }

        Assert.Equal("hm", Assert.IsType<TextReasoningContent>(Assert.Single(updates[0].Contents)).Text);
        Assert.Same(Call, Assert.Single(updates[1].Contents));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[2].FinishReason);
        Assert.All(updates, update => Assert.Equal("scripted-2", update.ResponseId));
        Assert.Equal(0, client.RemainingCount);
    }

    [Fact]
    public async Task Calls_are_recorded_as_they_were()
    {
        using var client = new ScriptedChatClient().Enqueue("a");
        var messages = new List<ChatMessage> { new(ChatRole.User, "one") };
        var options = new ChatOptions { Temperature = 0.5f };
        await client.GetResponseAsync(messages, options);
        messages.Add(new(ChatRole.User, "two"));
        options.Temperature = 1;

        var call = Assert.Single(client.Calls);
        Assert.Equal("one", Assert.Single(call.Messages).Text);
        Assert.Equal(0.5f, call.Options!.Temperature);
    }

    [Fact]
    public async Task A_call_without_a_response_left_is_an_error()
    {
        using var client = new ScriptedChatClient();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("Hi"));
        Assert.StartsWith("Call 1 came, and no scripted response is left.", error.Message, StringComparison.Ordinal);
        Assert.Single(client.Calls);
    }

    [Fact]
    public async Task A_failure_and_a_cancellation_come_out_of_the_stream()
    {
        using var client = new ScriptedChatClient().EnqueueFailure(new TimeoutException("late")).Enqueue("a");
        await Assert.ThrowsAsync<TimeoutException>(() => client.GetResponseAsync("Hi"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.GetResponseAsync("Hi", cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Metadata_names_the_model()
    {
        using var client = new ScriptedChatClient("my-model");
        Assert.Equal("my-model", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Same(client, client.GetService<ScriptedChatClient>());
        Assert.Null(client.GetService<ChatClientMetadata>("a key"));
    }

    [Fact]
    public void A_disposed_client_refuses_calls()
    {
        var client = new ScriptedChatClient().Enqueue("a");
        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { client.GetStreamingResponseAsync("Hi"); });
    }
}
