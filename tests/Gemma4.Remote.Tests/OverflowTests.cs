using System.Runtime.CompilerServices;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma4.Remote.Tests;

public sealed class OverflowTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_overloaded_model_sends_its_requests_elsewhere(bool streaming)
    {
        using ScriptedChatClient remote = new();
        remote.Enqueue("from elsewhere");
        // The engine's own type: overload is recognised by its name, which must not change alone.
        using IChatClient client = LocalFirst(new Gemma4BusyException(), remote);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("from elsewhere", response.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_other_failure_stays_where_it_is(bool streaming)
    {
        using ScriptedChatClient remote = new();
        remote.Enqueue("never");
        using IChatClient client = LocalFirst(new InvalidOperationException("wrong request"), remote);

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync(streaming));

        Assert.Empty(remote.Calls);
    }

    [Fact]
    public async Task What_overload_means_can_be_said()
    {
        using ScriptedChatClient remote = new();
        remote.Enqueue("from elsewhere");
        using IChatClient client = LocalFirst(new TimeoutException(), remote, failure => failure is TimeoutException);

        Assert.Equal("from elsewhere", (await client.AskAsync(streaming: true)).Text);
    }

    [Fact]
    public async Task A_sound_model_keeps_its_requests()
    {
        using ScriptedChatClient local = new();
        using ScriptedChatClient remote = new();
        local.Enqueue("from here");
        using IChatClient client = local.AsBuilder().UseOverflow(_ => remote).Build();

        Assert.Equal("from here", (await client.AskAsync(streaming: true)).Text);
        Assert.Empty(remote.Calls);
    }

    [Fact]
    public async Task A_failure_elsewhere_is_the_callers()
    {
        using FailingChatClient remote = new(new InvalidOperationException("remote is down"));
        using IChatClient client = LocalFirst(new Gemma4BusyException(), remote, _ => true);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync(streaming: true));

        Assert.Equal("remote is down", failure.Message);
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_not_begun_again_elsewhere()
    {
        using ScriptedChatClient remote = new();
        remote.Enqueue("never");
        using IChatClient client = new FailingChatClient(new Gemma4BusyException(), "Half an").AsBuilder().UseOverflow(_ => remote).Build();

        await Assert.ThrowsAsync<Gemma4BusyException>(() => client.AskAsync(streaming: true));

        Assert.Empty(remote.Calls);
    }

    [Fact]
    public async Task Local_and_remote_are_joined_by_registration()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("from the server"));
        ServiceCollection services = new();
        services.AddKeyedGemma4Remote("cloud", server.Url, "gemma");
        services.AddChatClient(_ => new FailingChatClient(new Gemma4BusyException())).UseOverflow("cloud");
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().AskAsync(streaming: true);

        Assert.Equal("from the server", response.Text);
    }

    private static IChatClient LocalFirst(Exception failure, IChatClient remote, Func<Exception, bool>? isOverload = null) =>
        new FailingChatClient(failure).AsBuilder().UseOverflow(_ => remote, isOverload).Build();

    private sealed class FailingChatClient(Exception failure, string? before = null) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromException<ChatResponse>(failure);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            if (before is not null)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, before);
            }

            throw failure;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
