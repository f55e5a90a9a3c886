using Microsoft.Extensions.AI;

namespace Gemma4.Remote.Tests;

/// <summary>Clients for the fake servers, and both ways of asking.</summary>
internal static class RemoteClient
{
    public static Gemma4RemoteChatClient For(FakeServer server, TimeProvider? time = null, Action<Gemma4RemoteOptions>? configure = null) =>
        For([server.Url], time, configure);

    public static Gemma4RemoteChatClient For(Uri[] urls, TimeProvider? time = null, Action<Gemma4RemoteOptions>? configure = null)
    {
        Gemma4RemoteOptions options = new() { Model = "gemma" };
        foreach (Uri url in urls)
        {
            options.Endpoints.Add(new Gemma4RemoteEndpoint { Url = url, ApiKey = "secret" });
        }

        configure?.Invoke(options);
        return new Gemma4RemoteChatClient(options, timeProvider: time ?? new ManualTime());
    }

    public static Task<ChatResponse> AskAsync(this IChatClient client, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? client.GetStreamingResponseAsync("Hello", options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : client.GetResponseAsync("Hello", options, cancellationToken);
}
