namespace Gemma4.Generation;

/// <summary>How many requests one client runs at once, and how many wait.</summary>
public sealed class SchedulingOptions
{
    /// <summary>
    /// Most requests that run at the same time, 1 or more; each has an attention cache. Default 8. Further ones wait
    /// in the order of <c>ChatOptions.AdditionalProperties["priority"]</c> (a whole number, default 0, highest first),
    /// then of arrival. Scoring (<see cref="Gemma4ChatClient.ScoreAsync"/>) has one place beside these and a line of its
    /// own, as long as these together: a judge must not wait for the answers that it judges.
    /// </summary>
    public int MaxConcurrentRequests { get; set; } = 8;

    /// <summary>
    /// Most requests that wait, 0 or more; one more fails at once with <see cref="Gemma4BusyException"/>. Default 256.
    /// </summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>
    /// Longest time that a request waits before it fails with <see cref="Gemma4BusyException"/>, more than zero. The
    /// default, null, waits until there is room.
    /// </summary>
    public TimeSpan? QueueTimeout { get; set; }

    /// <summary>
    /// Most requests whose next tokens are computed in one step, where the graph allows it, 1 or more. Default 8. With
    /// 1 every request computes alone, and its logits equal, bit for bit, those it would have without neighbours.
    /// </summary>
    public int MaxBatchSize { get; set; } = 8;
}
