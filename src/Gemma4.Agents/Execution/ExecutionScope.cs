using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gemma4.Agents.Runs;

namespace Gemma4.Agents.Execution;

/// <summary>What the tools of one request share.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A held call may run long after the request, and a semaphore without its wait handle frees nothing.")]
internal sealed class ExecutionScope(ToolExecutionOptions options, AgentRun run)
{
    // Fetching more must not need fetching more.
    private const int MoreTokens = 1000;

    private readonly SemaphoreSlim _places = new(options.MaxConcurrency);
    private readonly ConcurrentDictionary<string, Lazy<Task<object?>>> _once = new(StringComparer.Ordinal);

    public ToolExecutionOptions Options { get; } = options;

    public AgentRun Run { get; } = run;

    public ResultStore Results { get; } = new(options.CountTokens, options.Default.ResultTokens ?? MoreTokens);

    public Task<object?> Once(string key, Func<Task<object?>> start) => _once.GetOrAdd(key, _ => new Lazy<Task<object?>>(start)).Value;

    public void Forget(string key) => _once.TryRemove(key, out _);

    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Place(_places);
    }

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
