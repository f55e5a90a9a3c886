using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.AI;

namespace Gemma4.Remote.Tests;

public sealed class RetryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_full_server_is_asked_again_after_the_time_it_named(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Status(429, null, ("Retry-After", "7")), FakeServer.Answer("Hi", " there"));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(server, time);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("Hi there", response.Text);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal([TimeSpan.FromSeconds(7)], time.Pauses);
    }

    [Fact]
    public async Task A_Retry_After_date_counts_from_the_clock()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Status(503, null, ("Retry-After", "Thu, 01 Jan 2026 12:00:20 GMT")), FakeServer.Answer("Hi"));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(server, time);

        await client.AskAsync(streaming: true);

        Assert.Equal([TimeSpan.FromSeconds(20)], time.Pauses);
    }

    [Fact]
    public async Task A_server_that_wants_more_time_than_allowed_is_not_asked_again()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Status(429, null, ("Retry-After", "31")));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: false));

        Assert.Equal(TimeSpan.FromSeconds(31), failure.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pauses_grow_and_the_last_failure_is_thrown(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Status(500));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(server, time);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming));

        Assert.Equal(500, failure.Status);
        Assert.True(failure.IsTransient);
        Assert.Equal(3, server.Requests.Count);
        Assert.InRange(time.Pauses[0], TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.6));
        Assert.InRange(time.Pauses[1], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_key_is_said_clearly_and_not_tried_again(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Error(401, "invalid_api_key", "Incorrect API key provided."));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming));

        Assert.Single(server.Requests);
        Assert.Equal(("Bearer secret", 401, "invalid_api_key", false), (server.Requests.Single().Authorization, failure.Status, failure.Code, failure.IsTransient));
        Assert.Contains("refused the key", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_is_said_clearly()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Error(404, "model_not_found", "The model 'gemma' does not exist."));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Contains("/v1/models", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task What_the_server_does_not_support_is_the_same_error_as_in_process()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Error(400, "unsupported_parameter", "logit_bias is not supported."));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<NotSupportedException>(() => client.AskAsync(streaming: true));

        Assert.Contains("logit_bias", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_tried_as_often_as_allowed()
    {
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For([NobodyListens()], time);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, time.Pauses.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_next_endpoint_answers_when_one_fails(bool streaming)
    {
        await using FakeServer broken = await FakeServer.StartAsync(FakeServer.Status(503));
        await using FakeServer sound = await FakeServer.StartAsync(FakeServer.Answer("from the second"));
        using Gemma4RemoteChatClient client = RemoteClient.For([broken.Url, sound.Url], configure: options => options.MaxRetries = 0);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("from the second", response.Text);
        Assert.Single(broken.Requests);
    }

    [Fact]
    public async Task A_mistake_of_ours_is_not_carried_to_the_next_endpoint()
    {
        await using FakeServer strict = await FakeServer.StartAsync(FakeServer.Status(401));
        await using FakeServer other = await FakeServer.StartAsync(FakeServer.Answer("never"));
        using Gemma4RemoteChatClient client = RemoteClient.For([strict.Url, other.Url]);

        await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Empty(other.Requests);
    }

    private static Uri NobodyListens()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return new Uri($"http://127.0.0.1:{port}/v1");
    }
}
