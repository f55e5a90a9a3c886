using System.Collections.Concurrent;
using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

/// <summary>A server, an empty cache and settings whose waits take no time but are noted.</summary>
internal sealed class DownloadSetup : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gemma4-pull-");

    private DownloadSetup(HubServer server)
    {
        Server = server;
        Settings = new DownloadSettings
        {
            Endpoint = server.Address,
            CacheDirectory = Path.Combine(_folder.FullName, "cache"),
            Jitter = () => 1,
            Wait = (delay, token) =>
            {
                Waits.Enqueue(delay);
                return Task.Delay(0, token);
            },
        };
    }

    internal HubServer Server { get; }

    internal DownloadSettings Settings { get; set; }

    internal ConcurrentQueue<TimeSpan> Waits { get; } = new();

    internal string Folder => _folder.FullName;

    internal string Cache => Settings.CacheDirectory;

    internal Gemma4ModelDownloader Downloader => new(Settings);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    internal static async Task<DownloadSetup> StartAsync() => new(await HubServer.StartAsync());

    /// <summary>One file of 200,000 bytes and two small ones.</summary>
    internal static async Task<DownloadSetup> WithModelAsync()
    {
        DownloadSetup setup = await StartAsync();
        setup.Server.Files["genai_config.json"] = HubServer.Bytes(300, 1);
        setup.Server.Files["model.onnx"] = HubServer.Bytes(200_000, 2);
        setup.Server.Files["empty.txt"] = [];
        return setup;
    }

    internal Task<string> PullAsync(CancellationToken cancellationToken = default) =>
        Downloader.DownloadAsync(HubServer.Repository, cancellationToken: cancellationToken);

    /// <summary>Faults for the first requests of one file, in order; right answers afterwards.</summary>
    internal void Script(string file, params HubFault[] faults)
    {
        ConcurrentQueue<HubFault> queue = new(faults);
        Server.Fault = request => request.File == file && queue.TryDequeue(out HubFault fault) ? fault : HubFault.None;
    }

    /// <summary>A download cancelled in the middle of the large file; returns the bytes of it that are there.</summary>
    internal async Task<long> InterruptAsync()
    {
        Script("model.onnx", HubFault.Hang);
        using CancellationTokenSource stop = new();
        ProgressNotes notes = new(progress =>
        {
            if (progress.BytesDone >= 100_000)
            {
                stop.Cancel();
            }
        });
        Gemma4ModelDownloader downloader = new(Settings with { MaxParallelFiles = 1, Time = new SteppingTime() });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => downloader.DownloadAsync(HubServer.Repository, notes, stop.Token));
        Server.Fault = _ => HubFault.None;
        Server.Requests.Clear();
        return new FileInfo(Assert.Single(Partials())).Length;
    }

    internal void AssertExact(string folder)
    {
        string[] expected = [.. Server.Files.Keys.Append(ModelManifest.FileName).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal));
        Assert.All(Server.Files, file => Assert.True(file.Value.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, file.Key))), file.Key));
    }

    internal string[] Partials() => [.. Directory.EnumerateFiles(Folder, "*.partial", SearchOption.AllDirectories)];
}
