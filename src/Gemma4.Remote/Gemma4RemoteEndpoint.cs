namespace Gemma4.Remote;

/// <summary>One OpenAI-compatible server.</summary>
public sealed class Gemma4RemoteEndpoint
{
    /// <summary>
    /// The address that <c>/chat/completions</c> is appended to, so with most servers ending in <c>/v1</c>:
    /// <c>http://localhost:8000/v1</c>. Required; http or https.
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>The key, sent as <c>Authorization: Bearer</c>. Default null: none is sent.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// Gives the key for each request, where keys expire, as the access tokens of Vertex do. Excludes
    /// <see cref="ApiKey"/>. Default null.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? ApiKeyProvider { get; set; }

    /// <summary>The model's name at this server. Default null: <see cref="Gemma4RemoteOptions.Model"/>.</summary>
    public string? Model { get; set; }
}
