using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Gemma4.Templates.Tests;

/// <summary>A started program, whose lines can be waited for; killed with all it started when it is disposed.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);

    private ChildProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    /// <summary>Output and errors so far, as they came.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(string folder, IReadOnlyDictionary<string, string>? environment, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Those of the build that runs the tests are not those of the builds that the tests run.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Waits until the text was written.</summary>
    public async Task WaitForAsync(string text, TimeSpan limit)
    {
        TaskCompletionSource seen = _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Notice();
        Task first = await Task.WhenAny(seen.Task, _reading, Task.Delay(limit));
        Assert.True(first == seen.Task || seen.Task.IsCompleted, $"'{text}' was not written. What was:\n{Output}");
    }

    public async Task<int> EndAsync(TimeSpan limit)
    {
        _process.StandardInput.Close();
        using CancellationTokenSource clock = new(limit);
        try
        {
            await _process.WaitForExitAsync(clock.Token);
            await _reading.WaitAsync(clock.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"'{_process.StartInfo.FileName}' did not end within {limit.TotalSeconds} s. Its output:\n{Output}");
        }

        return _process.ExitCode;
    }

    /// <summary>Asks the program to end, as a service manager does.</summary>
    public async Task TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        char[] buffer = new char[4096];
        for (int count; (count = await reader.ReadAsync(buffer)) > 0;)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }

            Notice();
        }
    }

    private void Notice()
    {
        string output = Output;
        foreach ((string text, TaskCompletionSource seen) in _awaited)
        {
            if (output.Contains(text, StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }
    }
}
