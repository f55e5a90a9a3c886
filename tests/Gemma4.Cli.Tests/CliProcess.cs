using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gemma4.Cli.Tests;

/// <summary>The program as a process of its own, in a pipe or at a terminal.</summary>
internal sealed class CliProcess : IDisposable
{
    /// <summary>The program that gives another one a terminal.</summary>
    public const string Script = "/usr/bin/script";

    /// <summary>Makes the demo model ramble until its context is full: every token is as likely as the next.</summary>
    public static readonly string[] Endless = ["--temperature", "100", "--top-k", "0", "--top-p", "1", "--seed", "1", "--max-tokens", "3900"];

    // A runner in the background ignores the signal, which its children inherit and the runtime then leaves ignored.
    private const string HearInterrupts = "env --default-signal=INT";

    // A hanging process must fail its test, not the whole run.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly CancellationTokenSource _limit = new(Longest);
    private readonly StringBuilder _output = new();

    private CliProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["TERM"] = "xterm-256color";
        _process = Process.Start(start)!;
    }

    /// <param name="args">The program's arguments.</param>
    /// <param name="script">What the shell does with the program and its arguments.</param>
    public static CliProcess InPipe(string[] args, string script = $"exec {HearInterrupts} dotnet \"$@\"") =>
        new(new ProcessStartInfo("sh", ["-c", script, "sh", Program, .. args]));

    /// <summary>'script' gives it a terminal; quotes are enough for words without quotes.</summary>
    public static CliProcess AtTerminal(string[] args, bool noColor = false)
    {
        var start = new ProcessStartInfo(Script, ["-qec", $"{HearInterrupts} dotnet '{Program}' {string.Join(' ', args.Select(word => $"'{word}'"))}", "/dev/null"]);
        start.Environment["NO_COLOR"] = noColor ? "1" : null; // null takes it away
        return new CliProcess(start);
    }

    public string Output => _output.ToString();

    private static string Program => Path.Combine(AppContext.BaseDirectory, "Gemma4.Cli.dll");

    /// <summary>Reads on until the output that came since the last call holds a text.</summary>
    public async Task UntilAsync(string text)
    {
        var start = _output.Length;
        var letter = new char[1];
        while (!_output.ToString(start, _output.Length - start).Contains(text, StringComparison.Ordinal))
        {
            Assert.True(await _process.StandardOutput.ReadAsync(letter, _limit.Token) == 1, $"The output ended without '{text}': {Output}");
            _output.Append(letter[0]);
        }
    }

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    public async Task InterruptAsync()
    {
        using var signal = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync(_limit.Token);
    }

    public async Task<CliRun> EndAsync()
    {
        _process.StandardInput.Close();
        var error = _process.StandardError.ReadToEndAsync(_limit.Token);
        _output.Append(await _process.StandardOutput.ReadToEndAsync(_limit.Token));
        await _process.WaitForExitAsync(_limit.Token);
        return new CliRun(_process.ExitCode, Output, await error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _limit.Dispose();
    }
}
