using Microsoft.Extensions.AI;

namespace Gemma4.Remote.Tests;

public sealed class StreamTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Of a real clock: what never comes must not hang the suite.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_never_repeats_text()
    {
        TaskCompletionSource read = new();
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.BreakAfter(read.Task, "one ", "two "), FakeServer.Answer("one ", "two ", "three"));
        using Gemma4RemoteChatClient client = RemoteClient.For([server.Url, server.Url]);
        string text = "";

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Count"))
            {
                text += update.Text;
                if (text == "one two ")
                {
                    read.TrySetResult();
                }
            }
        });

        Assert.Equal("one two ", text);
        Assert.Single(server.Requests);
        Assert.Contains("in the middle", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_nobody_has_seen_a_part_of_may_be_asked_for_again()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.BreakAfter(Task.CompletedTask, "one ", "two "), FakeServer.Answer("one ", "two ", "three"));
        await using FakeServer other = await FakeServer.StartAsync(FakeServer.Answer("one ", "two ", "three"));
        using Gemma4RemoteChatClient client = RemoteClient.For([server.Url, other.Url]);

        ChatResponse response = await client.GetResponseAsync("Count");

        Assert.Equal("one two three", response.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_before_the_first_word_is_tried_again(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.BreakAfter(Task.CompletedTask), FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("Hi", response.Text);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("data: {\"choices\": [tru\n\n")]
    [InlineData("data: 42\n\n")]
    [InlineData("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"bored\"}]}\n\n")]
    public async Task Events_that_are_no_chat_completion_are_an_error_that_says_so(string body)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Raw(body));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Contains("not a chat completion", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_web_page_is_not_an_answer_of_no_words(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Raw("<html>Hello</html>", "text/html"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming));

        Assert.Contains("text/html", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/v1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_ends_without_a_finish_reason_is_not_whole()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Raw("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"},\"finish_reason\":null}]}\n\n"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Contains("broke off", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_inside_the_stream_is_thrown_with_the_servers_words()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Raw("data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => client.AskAsync(streaming: true));

        Assert.Contains("out of memory", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_is_slow_to_begin_is_left_for_the_next(bool streaming)
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource left = new();
        await using FakeServer slow = await FakeServer.StartAsync(FakeServer.Silence(arrived, left));
        await using FakeServer quick = await FakeServer.StartAsync(FakeServer.Answer("quick"));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For([slow.Url, quick.Url], time, options => options.FirstTokenTimeout = Minute);

        Task<ChatResponse> asking = client.AskAsync(streaming);
        await arrived.Task.WaitAsync(Patience);
        time.Pass(Minute);

        Assert.Equal("quick", (await asking).Text);
        await left.Task.WaitAsync(Patience);
        Assert.Single(slow.Requests);
    }

    [Fact]
    public async Task A_slow_only_server_is_an_error_about_time()
    {
        TaskCompletionSource arrived = new();
        await using FakeServer slow = await FakeServer.StartAsync(FakeServer.Silence(arrived));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(slow, time, options => options.FirstTokenTimeout = Minute);

        Task<ChatResponse> asking = client.AskAsync(streaming: true);
        await arrived.Task.WaitAsync(Patience);
        time.Pass(Minute);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => asking);
        Assert.IsType<TimeoutException>(failure.InnerException);
        Assert.Contains("FirstTokenTimeout", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_whole_request_has_a_limit_also_after_the_first_word(bool streaming)
    {
        TaskCompletionSource arrived = new();
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Silence(arrived, null, "Once upon"));
        ManualTime time = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(server, time, options =>
        {
            options.RequestTimeout = Minute * 5;
            options.FirstTokenTimeout = Minute * 6;
        });

        Task<ChatResponse> asking = client.AskAsync(streaming);
        await arrived.Task.WaitAsync(Patience);
        time.Pass(Minute * 5);

        var failure = await Assert.ThrowsAsync<Gemma4RemoteException>(() => asking);
        Assert.Contains("RequestTimeout", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_cancels_is_told_so_and_the_server_too(bool streaming)
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource left = new();
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Silence(arrived, left));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);
        using CancellationTokenSource cancel = new();

        Task<ChatResponse> asking = client.AskAsync(streaming, cancellationToken: cancel.Token);
        await arrived.Task.WaitAsync(Patience);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await left.Task.WaitAsync(Patience);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_cancels_between_the_status_and_the_first_event_is_not_served_on(bool streaming)
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource left = new();
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Silence(arrived, left));
        using CancellationTokenSource cancel = new();
        using Gemma4RemoteChatClient client = RemoteClient.For(server, configure: options => options.HandlerFactory = () => new CancellingHandler(cancel));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, cancellationToken: cancel.Token));

        await left.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_caller_who_stops_reading_is_not_served_on()
    {
        TaskCompletionSource left = new();
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Silence(new TaskCompletionSource(), left, "Once upon"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("Hello"))
        {
            break;
        }

        await left.Task.WaitAsync(Patience);
    }

    /// <summary>Cancels when the status has come and nobody reads yet.</summary>
    private sealed class CancellingHandler(CancellationTokenSource cancel) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            await cancel.CancelAsync();
            return response;
        }
    }
}
