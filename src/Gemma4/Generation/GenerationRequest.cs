using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>One request on its way through the scheduler. Content comes out of <see cref="Output"/> while it runs.</summary>
internal sealed class GenerationRequest : IDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private readonly Channel<List<AIContent>> _output = Channel.CreateUnbounded<List<AIContent>>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GenerationRequest(int[] prompt, CancellationToken cancellationToken)
    {
        Prompt = prompt;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Cancellation = _cancellation.Token;
    }

    public int[] Prompt { get; private set; }

    public string? AdapterFile { get; init; }

    /// <summary>Higher ones leave the queue first.</summary>
    public int Priority { get; init; }

    /// <summary>The response; null to read the prompt and keep it.</summary>
    public ResponseGeneration? Generation { get; init; }

    /// <summary>
    /// What to do with the session once a prompt without response is read; null for nothing. Gives the prompt to read next
    /// with the same session, or null for none. Runs on the scheduler's thread.
    /// </summary>
    public Func<PrefixCache, CachedSession, int[]?>? WhenRead { get; init; }

    /// <summary>
    /// Whether it is scoring: its session is neither taken from the kept ones nor kept, since nobody goes on from what it
    /// reads, and it waits neither in the line of the others nor for the pace at which prompts are read.
    /// </summary>
    public bool IsApart { get; init; }

    /// <summary>Something to do with the kept sessions instead of reading a prompt; null for none. Runs on the scheduler's thread.</summary>
    public Action<PrefixCache>? Errand { get; init; }

    /// <summary>Cancelled by the caller's token, or once nobody reads the response any more.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Ends with the response, or with what it failed with.</summary>
    public ChannelReader<List<AIContent>> Output => _output.Reader;

    /// <summary>Completes once the scheduler no longer touches the request.</summary>
    public Task Released => _released.Task;

    /// <summary>Prompt tokens that were read for an earlier request.</summary>
    public int CachedTokens { get; set; }

    /// <summary>Times on the scheduler's clock, 0 until it came so far.</summary>
    public long QueuedAt { get; set; }

    public long StartedAt { get; set; }

    public long PrefilledAt { get; set; }

    public long EndedAt { get; set; }

    // What follows belongs to the scheduler's thread.

    /// <summary>Null until the prompt is begun.</summary>
    public CachedSession? Session { get; set; }

    /// <summary>Length of the prompt at which a copy of the session is worth keeping; 0 for none.</summary>
    public int KeepCopyAt { get; set; }

    /// <summary>Guesses of the response's tokens; null where the engine cannot check them.</summary>
    public Speculation? Speculation { get; set; }

    /// <summary>Whether the last step was fed with <see cref="Speculation"/>.</summary>
    public bool IsGuessed { get; set; }

    public ITimer? QueueTimer { get; set; }

    /// <summary>Pieces of the prompt that were read.</summary>
    public int PiecesRead { get; set; }

    public CancellationTokenRegistration QueueRegistration { get; set; }

    /// <summary>Begins with another prompt, of which the session keeps what it holds already.</summary>
    public void GoOnWith(int[] prompt, long now)
    {
        Session!.RewindTo(Session.SharedWith(prompt));
        (Prompt, CachedTokens, KeepCopyAt, StartedAt) = (prompt, Session.Tokens.Length, 0, now);
    }

    public void Write(List<AIContent> contents) => _output.Writer.TryWrite(contents);

    /// <summary>Ends the output, with an error or without.</summary>
    public void Complete(Exception? error = null) => _output.Writer.TryComplete(error);

    public void Release() => _released.TrySetResult();

    public void Cancel() => _cancellation.Cancel();

    public void Dispose() => _cancellation.Dispose();
}
