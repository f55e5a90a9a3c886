using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Company.GemmaAgent;

/// <summary>What Ctrl+C means: while an answer comes, the end of the answer; at the prompt, the end of the program.</summary>
internal sealed class Interruption(IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private readonly Lock _lock = new();
    private PosixSignalRegistration[] _signals = [];
    private CancellationTokenSource? _answer;
    private Task<string?>? _reading;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Press(signal, endsProgram: false)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Press(signal, endsProgram: true)),
        ];
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The next line; null at the end of the input, or when the program is to end.</summary>
    public async Task<string?> ReadLineAsync(string prompt, CancellationToken cancellationToken)
    {
        Console.Write(prompt);

        // The console's own reading cannot be cancelled: one that nobody waits for any more is taken up by the next.
        _reading ??= Task.Run(Console.ReadLine, CancellationToken.None);
        try
        {
            string? line = await _reading.WaitAsync(application.ApplicationStopping).WaitAsync(cancellationToken);
            _reading = null;
            return line;
        }
        catch (OperationCanceledException) when (application.ApplicationStopping.IsCancellationRequested)
        {
            Console.WriteLine();
            return null;
        }
    }

    /// <summary>Runs one answer. True when it came to its end, false when it was interrupted.</summary>
    public async Task<bool> RunAnswerAsync(Func<CancellationToken, Task> answerAsync)
    {
        using CancellationTokenSource answer = CancellationTokenSource.CreateLinkedTokenSource(application.ApplicationStopping);
        Exchange(answer);
        try
        {
            await answerAsync(answer.Token);
            return true;
        }
        catch (OperationCanceledException) when (answer.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Exchange(null);
        }
    }

    public void Dispose() => Array.ForEach(_signals, signal => signal.Dispose());

    private void Exchange(CancellationTokenSource? answer)
    {
        lock (_lock)
        {
            _answer = answer;
        }
    }

    private void Press(PosixSignalContext signal, bool endsProgram)
    {
        signal.Cancel = true; // the program ends by itself
        lock (_lock)
        {
            // Pressed again before the answer has ended, it ends the program.
            if (!endsProgram && _answer is { IsCancellationRequested: false } answer)
            {
                answer.Cancel();
                return;
            }
        }

        application.StopApplication();
    }
}
