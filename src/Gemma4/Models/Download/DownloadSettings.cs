using System.Globalization;
using System.Security.Cryptography;

namespace Gemma4.Models.Download;

/// <summary>Options and environment, resolved and checked once per download; the functions are what tests replace.</summary>
internal sealed record DownloadSettings
{
    private const string DefaultEndpoint = "https://huggingface.co";

    public required Uri Endpoint { get; init; }

    public string? Token { get; init; }

    public required string CacheDirectory { get; init; }

    public string? OutputDirectory { get; init; }

    public string? Precision { get; init; }

    public IReadOnlyList<string> Include { get; init; } = [];

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public bool Offline { get; init; }

    public Uri? Proxy { get; init; }

    public Func<HttpMessageHandler>? HandlerFactory { get; init; }

    public int MaxParallelFiles { get; init; } = 4;

    public int MaxAttempts { get; init; } = 6;

    /// <summary>True refuses what the engine cannot run, before gigabytes of it arrive.</summary>
    public bool OnlyRunnable { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a connection may stay silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    public required Func<TimeSpan, CancellationToken, Task> Wait { get; init; }

    public Func<double> Jitter { get; init; } = () => RandomNumberGenerator.GetInt32(1000) / 1000.0;

    public Func<string, long?> FreeSpace { get; init; } = FreeBytes;

    /// <summary>What distinguishes two choices of files from the same variant; empty for a whole variant.</summary>
    internal string SelectionKey => Include.Count + Exclude.Count == 0
        ? ""
        : $"include {string.Join(' ', Include.Order(StringComparer.Ordinal))} exclude {string.Join(' ', Exclude.Order(StringComparer.Ordinal))}";

    internal static DownloadSettings From(ModelDownloadOptions options, TimeProvider time, Func<string, string?> environment)
    {
        if (Problem(options) is { } problem)
        {
            throw new ArgumentException($"ModelDownloadOptions.{problem}", nameof(options));
        }

        Uri endpoint = options.Endpoint ?? FromEnvironment(environment);
        string? token = NullIfEmpty(options.Token);
        bool tokenMayTravel = endpoint.Scheme == Uri.UriSchemeHttps || endpoint.IsLoopback;
        if (token is not null && !tokenMayTravel)
        {
            throw new ArgumentException(
                $"ModelDownloadOptions.Token would travel unencrypted to {endpoint.Host}. Give an https endpoint, or no token.", nameof(options));
        }

        return new DownloadSettings
        {
            Endpoint = endpoint,
            Token = tokenMayTravel ? token ?? NullIfEmpty(environment("HF_TOKEN")) ?? TokenFile(environment) : null,
            CacheDirectory = Path.GetFullPath(NullIfEmpty(options.CacheDirectory) ?? DefaultCache(environment, OperatingSystem.IsWindows())),
            OutputDirectory = NullIfEmpty(options.OutputDirectory) is { } output ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) : null,
            Precision = NullIfEmpty(options.Precision),
            Include = [.. options.Include],
            Exclude = [.. options.Exclude],
            Offline = options.Offline,
            Proxy = options.Proxy,
            HandlerFactory = options.HandlerFactory,
            MaxParallelFiles = options.MaxParallelFiles,
            MaxAttempts = options.MaxAttempts,
            Time = time,
            Wait = (delay, cancellationToken) => Task.Delay(delay, time, cancellationToken),
        };
    }

    /// <summary>The first option that cannot be used, as a sentence that begins with its name; null when all can.</summary>
    internal static string? Problem(ModelDownloadOptions options)
    {
        if (options.Endpoint is { } endpoint && !IsWeb(endpoint))
        {
            return $"Endpoint is '{endpoint}'; it must be an absolute http or https address without query.";
        }

        if (options.Proxy is { } proxy && !proxy.IsAbsoluteUri)
        {
            return $"Proxy is '{proxy}'; it must be an absolute address, such as http://proxy:8080.";
        }

        if (options.Proxy is not null && options.HandlerFactory is not null)
        {
            return "Proxy and HandlerFactory exclude each other. Set the proxy on the handler.";
        }

        if (options.MaxParallelFiles is < 1 or > 16)
        {
            return $"MaxParallelFiles is {options.MaxParallelFiles}; it must be from 1 to 16.";
        }

        if (options.MaxAttempts is < 1 or > 100)
        {
            return $"MaxAttempts is {options.MaxAttempts}; it must be from 1 to 100.";
        }

        if (options.Include.Concat(options.Exclude).Any(string.IsNullOrWhiteSpace))
        {
            return "Include or Exclude holds an empty pattern. Remove it.";
        }

        return options.Include.Count > 0 && !string.IsNullOrEmpty(options.Precision)
            ? "Precision and Include exclude each other. Include names the files, Precision a variant."
            : null;
    }

    internal static string DefaultCache(Func<string, string?> environment, bool isWindows)
    {
        if (NullIfEmpty(environment("GEMMA4_CACHE")) is { } chosen)
        {
            return chosen;
        }

        if (isWindows)
        {
            return Path.Combine(
                NullIfEmpty(environment("LOCALAPPDATA")) ?? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "gemma4");
        }

        // The specification says to ignore a relative path.
        return NullIfEmpty(environment("XDG_CACHE_HOME")) is { } xdg && Path.IsPathRooted(xdg)
            ? Path.Combine(xdg, "gemma4")
            : Path.Combine(Home(environment), ".cache", "gemma4");
    }

    private static Uri FromEnvironment(Func<string, string?> environment)
    {
        string text = NullIfEmpty(environment("HF_ENDPOINT")) ?? DefaultEndpoint;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && IsWeb(endpoint)
            ? endpoint
            : throw new Gemma4DownloadException($"The environment variable HF_ENDPOINT is '{text}'; it must be an absolute http or https address. Correct or unset it.");
    }

    private static bool IsWeb(Uri address) =>
        address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
        && address.Query.Length == 0 && address.UserInfo.Length == 0;

    private static string? TokenFile(Func<string, string?> environment)
    {
        string path = NullIfEmpty(environment("HF_TOKEN_PATH"))
            ?? Path.Combine(NullIfEmpty(environment("HF_HOME")) ?? Path.Combine(Home(environment), ".cache", "huggingface"), "token");
        try
        {
            return File.Exists(path) ? NullIfEmpty(File.ReadAllText(path)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A token file of somebody else is no reason to fail for a public model.
            return null;
        }
    }

    private static string Home(Func<string, string?> environment) =>
        NullIfEmpty(environment("HOME")) ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static long? FreeBytes(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Network shares may not tell; then the write tells.
            return null;
        }
    }

    internal static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F2} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:F1} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };
}
