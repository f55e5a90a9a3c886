namespace Gemma4.Remote;

/// <summary>Which servers run the model, under which name, and how long and how often to try.</summary>
public sealed class Gemma4RemoteOptions
{
    /// <summary>
    /// The servers, best first; at least one. A request goes to the first; the next is tried when it fails for a reason
    /// that may pass (<see cref="Gemma4RemoteException.IsTransient"/>) before it has sent anything.
    /// </summary>
    public IList<Gemma4RemoteEndpoint> Endpoints { get; } = [];

    /// <summary>
    /// The name that the servers know the model by, such as <c>google/gemma-4-E4B-it</c>; required. An endpoint with
    /// another name for it sets <see cref="Gemma4RemoteEndpoint.Model"/>.
    /// </summary>
    public string? Model { get; set; }

    /// <summary>
    /// The most time from a request to the end of its answer, retries and all endpoints included; more than zero.
    /// Default 10 minutes.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The most time that one try may take until its first text, thought or call; more than zero. A server with a full
    /// queue shows here. When it passes the next endpoint is tried, not the same one again. Default 2 minutes.
    /// </summary>
    public TimeSpan FirstTokenTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How often one endpoint is tried again after status 408, 429 or 5xx, a refused connection or one that broke before
    /// the first update; 0 to 10, default 2. Never after the first update, so no text comes twice.
    /// </summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>The wait before the first retry; doubled for each further one. Zero or more, default 0.5 seconds.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The longest wait before a retry; at least <see cref="RetryDelay"/>, default 30 seconds. A server's Retry-After is
    /// waited for up to this; one that asks for more is not tried again.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How <c>ChatOptions.Reasoning</c> is told to the server. Default <see cref="RemoteThinking.ReasoningEffort"/>.</summary>
    public RemoteThinking Thinking { get; set; }

    /// <summary>
    /// Makes the handler that sends the requests, for proxies, client certificates and tests; the client disposes it.
    /// Default null: a <see cref="SocketsHttpHandler"/> whose connections are renewed every five minutes.
    /// </summary>
    public Func<HttpMessageHandler>? HandlerFactory { get; set; }
}
