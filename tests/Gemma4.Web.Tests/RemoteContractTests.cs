using Gemma4.Remote;
using Gemma4.Testing;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Tests;

/// <summary>
/// The remote client in front of this server must do what the client in process does: the same suite, over the wire.
/// </summary>
public sealed class RemoteContractTests(SharedServer shared) : IClassFixture<SharedServer>
{
    public static TheoryData<string> Behaviours => [.. ChatClientConformance.Behaviours];

    [Theory]
    [MemberData(nameof(Behaviours))]
    public Task The_remote_client_behaves_as_the_one_in_process(string behaviour) => new Suite(shared.Server.Url).RunAsync(behaviour);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thoughts_and_their_count_come_over_the_wire(bool streaming)
    {
        using IChatClient client = Connect(shared.Server.Url);
        ChatOptions options = new() { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low } };

        ChatResponse response = streaming
            ? await client.GetStreamingResponseAsync("What is the capital of France?", options).ToChatResponseAsync()
            : await client.GetResponseAsync("What is the capital of France?", options);

        Assert.Contains(response.Messages.Single().Contents, content => content is TextReasoningContent);
        Assert.True(response.Usage!.ReasoningTokenCount > 0);
    }

    private static Gemma4RemoteChatClient Connect(Uri server)
    {
        Gemma4RemoteOptions options = new() { Model = "gemma4-nano", Endpoints = { new Gemma4RemoteEndpoint { Url = new Uri(server, "v1") } } };
        return new Gemma4RemoteChatClient(options);
    }

    private sealed class Suite(Uri server) : ChatClientConformance
    {
        protected override IChatClient CreateClient() => Connect(server);
    }
}
