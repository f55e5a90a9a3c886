using System.Diagnostics;
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
    private readonly CancellationTokenRegistration _atLimit;
    private readonly StringBuilder _output = new();

    private CliProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["TERM"] = "xterm-256color";
        _process = Process.Start(start)!;
        _atLimit = _limit.Token.UnsafeRegister(static process => ((Process)process!).Kill(entireProcessTree: true), _process);
    }

    /// <param name="args">The program's arguments.</param>
    /// <param name="script">What the shell does with the program and its arguments.</param>
    public static CliProcess InPipe(string[] args, string script = "exec dotnet \"$@\"") =>
        new(new ProcessStartInfo("sh", ["-c", script, "sh", Program, .. args]));

    /// <summary>
    /// In a pipe, and interrupted as soon as it has written some bytes; its exit code is the last line of the errors. The
    /// shell does it, which waits for nothing else: a test that shares the processor with others may come too late.
    /// </summary>
    public static CliProcess Interrupted(string[] args, int afterBytes) => InPipe(args, $$"""
        { sh -c 'echo $$; exec {{HearInterrupts}} dotnet "$@"' sh "$@"; echo $? >&2; } |
        { read -r pid; head -c {{afterBytes}}; kill -INT "$pid"; cat; }
        """);

    /// <summary>
    /// 'script' gives it a terminal; quotes are enough for words without quotes. It stands behind the tests in the line
    /// for the processor, so that one of them can act while the program works.
    /// </summary>
    public static CliProcess AtTerminal(string[] args, bool noColor = false)
    {
        var start = new ProcessStartInfo(
            Script, ["-qec", $"exec nice -n 5 {HearInterrupts} dotnet '{Program}' {string.Join(' ', args.Select(word => $"'{word}'"))}", "/dev/null"]);
        start.Environment["NO_COLOR"] = noColor ? "1" : null; // null takes it away
        return new CliProcess(start);
    }

    public string Output => _output.ToString();

    private static string Program => Path.Combine(AppContext.BaseDirectory, "Gemma4.Cli.dll");

    /// <summary>Reads on until the output that came since the last call holds a text, and types an answer to it at once.</summary>
    /// <remarks>On a thread of its own: the program does not wait until the pool is done with other tests.</remarks>
    public Task UntilAsync(string text, string answer = "") => Task.Factory.StartNew(
        () =>
        {
            var start = _output.Length;
            while (!_output.ToString(start, _output.Length - start).Contains(text, StringComparison.Ordinal))
            {
                var letter = _process.StandardOutput.Read();
                Assert.True(letter >= 0, $"The output ended without '{text}': {Output}");
                _output.Append((char)letter);
            }

            _process.StandardInput.Write(answer);
            _process.StandardInput.Flush();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
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
        _atLimit.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _limit.Dispose();
    }
}
