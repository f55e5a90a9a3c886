using Gemma4.Models;

namespace Gemma4.Web;

/// <summary>The server's settings: section "Server" of the configuration, or switches of the command line.</summary>
public sealed class ServerOptions
{
    private const int ShortestKey = 16;

    /// <summary>The model's folder; null for the built-in toy model.</summary>
    public string? ModelPath { get; set; }

    /// <summary>The name that requests ask for; null for the folder's.</summary>
    public string? ModelId { get; set; }

    /// <summary>What requests carry as <c>Authorization: Bearer</c>; at least 16 characters. Null asks for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The folder of Markdown and text files that the page answers from.</summary>
    public string Documents { get; set; } = Path.Combine(AppContext.BaseDirectory, "documents");

    /// <summary>The largest request body in bytes; default 1 MiB.</summary>
    public long MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>Requests that run at once; default 4.</summary>
    public int ConcurrentRequests { get; set; } = 4;

    /// <summary>Requests that wait for their turn; one more is turned away with status 429. Default 16.</summary>
    public int QueuedRequests { get; set; } = 16;

    /// <summary>Requests of one address in a minute; default 120.</summary>
    public int RequestsPerMinute { get; set; } = 120;

    /// <summary>Reads section "Server"; a setting that is unknown, of another type or out of range is refused.</summary>
    public static ServerOptions Of(IConfiguration configuration)
    {
        ServerOptions options;
        try
        {
            options = configuration.GetSection("Server").Get<ServerOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new ServerOptions();
        }
        catch (InvalidOperationException wrong)
        {
            throw new ServerOptionsException(wrong.Message);
        }

        options.Check();
        return options;
    }

    /// <summary>Throws where a setting is out of range.</summary>
    public void Check()
    {
        if (ApiKey is { Length: < ShortestKey })
        {
            throw new ServerOptionsException($"The API key has {ApiKey.Length} characters; it needs at least {ShortestKey}, or none at all.");
        }

        if (MaxBodyBytes < 1 || ConcurrentRequests < 1 || QueuedRequests < 0 || RequestsPerMinute < 1)
        {
            throw new ServerOptionsException("Server:MaxBodyBytes, ConcurrentRequests and RequestsPerMinute must be 1 or more, and QueuedRequests must not be negative.");
        }

        if (!Documents.Contains('*', StringComparison.Ordinal) && !Directory.Exists(Documents))
        {
            throw new ServerOptionsException($"The documents' folder '{Documents}' does not exist. Name one with --documents.");
        }

        if (ModelPath is not null)
        {
            // Here and not when the host starts, which would show the same as a failure of its own.
            _ = Gemma4ModelFolder.Open(ModelPath);
        }
    }
}
