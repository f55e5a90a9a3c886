namespace Gemma4.Models.Download;

/// <summary>From where, what and how a model is fetched. Binds from configuration.</summary>
public sealed class ModelDownloadOptions
{
    /// <summary>
    /// True lets a chat client fetch <see cref="Gemma4Options.Model"/> at its first use. The default, false, takes it
    /// from the cache only. Calling <see cref="Gemma4ModelDownloader"/> is itself the permission and ignores this.
    /// </summary>
    public bool Allow { get; set; }

    /// <summary>True never touches the network; what is missing is an error that names it. The default is false.</summary>
    public bool Offline { get; set; }

    /// <summary>
    /// Base address of the hub, http or https. The default, null, takes the environment variable <c>HF_ENDPOINT</c>,
    /// then <c>https://huggingface.co</c>.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// Access token for private and gated models; it goes to <see cref="Endpoint"/> alone, never to a host that it
    /// redirects to, and over plain http only to this machine. The default, null, takes the environment variable
    /// <c>HF_TOKEN</c>, then the file that the hub's own tools keep (<c>~/.cache/huggingface/token</c>).
    /// </summary>
    public string? Token { get; set; }

    /// <summary>
    /// Proxy for every request. The default, null, follows the system and <c>HTTPS_PROXY</c>. Excludes
    /// <see cref="HandlerFactory"/>, which has a proxy of its own.
    /// </summary>
    public Uri? Proxy { get; set; }

    /// <summary>
    /// Folder of all fetched models. The default, null, takes the environment variable <c>GEMMA4_CACHE</c>, then
    /// <c>%LOCALAPPDATA%\gemma4</c> on Windows, else <c>$XDG_CACHE_HOME/gemma4</c> or <c>~/.cache/gemma4</c>.
    /// </summary>
    public string? CacheDirectory { get; set; }

    /// <summary>Puts the model folder here instead of into the cache. The default is null. The folder must be new or empty.</summary>
    public string? OutputDirectory { get; set; }

    /// <summary>
    /// Which of a repository's variants to take: its name (<c>q4</c>, <c>fp16</c>, <c>checkpoint</c>, a sub-folder) or a
    /// part that only one name has, such as <c>int4</c>. The default, null, takes the only one there is; several are an
    /// error that lists them. Excludes <see cref="Include"/>.
    /// </summary>
    public string? Precision { get; set; }

    /// <summary>
    /// Takes exactly the files that match one of these patterns, instead of a variant: <c>*</c> and <c>?</c> within a
    /// name, <c>**</c> across folders; a pattern without a slash looks at the file name in every folder.
    /// </summary>
    public IList<string> Include { get; } = [];

    /// <summary>Leaves out the files that match one of these patterns.</summary>
    public IList<string> Exclude { get; } = [];

    /// <summary>Files fetched at the same time, 1 to 16. The default is 4.</summary>
    public int MaxParallelFiles { get; set; } = 4;

    /// <summary>
    /// Attempts per request or file before it fails, 1 to 100. The default is 6. The waits between them double from one
    /// second; an attempt that brought a megabyte or more starts the count anew.
    /// </summary>
    public int MaxAttempts { get; set; } = 6;

    /// <summary>
    /// Makes the handler that sends the requests, such as <c>IHttpMessageHandlerFactory.CreateHandler</c>. It is not
    /// disposed here. The default, null, uses one of the downloader's own.
    /// </summary>
    public Func<HttpMessageHandler>? HandlerFactory { get; set; }

    /// <summary>Hears of a chat client's download, several times a second and on any thread. The default is null.</summary>
    public Action<ModelDownloadProgress>? Progress { get; set; }
}
