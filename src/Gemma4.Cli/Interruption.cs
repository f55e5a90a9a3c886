namespace Gemma4.Cli;

/// <summary>
/// What Ctrl+C means: while an answer comes, the end of the answer; otherwise, or pressed once more, the end of the program.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _program = new();
    private CancellationTokenSource? _answer;

    public CancellationToken Program => _program.Token;

    /// <summary>False when there is nothing left to cancel: the program was asked to end before.</summary>
    public bool Press()
    {
        CancellationTokenSource pressed;
        lock (_lock)
        {
            pressed = _answer is { IsCancellationRequested: false } answer ? answer : _program;
        }

        if (pressed.IsCancellationRequested)
        {
            return false;
        }

        pressed.Cancel();
        return true;
    }

    /// <summary>Runs one answer. True when it came to its end, false when it was interrupted and the program goes on.</summary>
    public async Task<bool> RunAnswerAsync(Func<CancellationToken, Task> answerAsync, CancellationToken cancellationToken)
    {
        using var answer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (_lock)
        {
            _answer = answer;
        }

        try
        {
            await answerAsync(answer.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (answer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _answer = null;
            }
        }
    }

    public void Dispose() => _program.Dispose();
}
