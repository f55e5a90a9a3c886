using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Gemma4.Retrieval.Tests;

/// <summary>A Garnet of the repository's tool manifest on the loopback address, for the time of the tests.</summary>
public sealed class GarnetServer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(40);

    private readonly Process? _process;

    public GarnetServer()
    {
        if (Missing.Value is not null)
        {
            return;
        }

        int port = FreePort();
        _process = Start($"tool run garnet-server -- --port {port} --bind 127.0.0.1 --enable-vector-set-preview --memory 256m --readcache-memory 64m");
        // The output must be read, or the server blocks when the pipe is full.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Connection = ConnectionMultiplexer.Connect($"127.0.0.1:{port},connectTimeout=1000,abortConnect=true");
                return;
            }
            catch (RedisConnectionException) when (watch.Elapsed < StartLimit && !_process.HasExited)
            {
            }
        }
    }

    /// <summary>Why there is no server here; null when there is one.</summary>
    public static Lazy<string?> Missing { get; } = new(() =>
    {
        using Process restore = Start("tool restore");
        restore.StandardOutput.ReadToEnd();
        restore.WaitForExit();
        return restore.ExitCode == 0 ? null : "Garnet could not be restored from the tool manifest.";
    });

    public IConnectionMultiplexer? Connection { get; }

    public void Dispose()
    {
        Connection?.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process?.Dispose();
    }

    private static Process Start(string arguments) => Process.Start(new ProcessStartInfo("dotnet", arguments)
    {
        WorkingDirectory = TestData.Root,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
