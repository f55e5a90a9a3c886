using Gemma4.Generation;

namespace Gemma4;

/// <summary>What a client does at one moment.</summary>
public sealed record Gemma4Statistics
{
    /// <summary>Whether the model is in memory.</summary>
    public bool IsLoaded { get; init; }

    /// <summary>Requests that are read or answered.</summary>
    public int RunningRequests { get; init; }

    /// <summary>Requests that wait for one of those to end.</summary>
    public int QueuedRequests { get; init; }

    /// <summary>Whether one more request would be refused.</summary>
    public bool IsQueueFull { get; init; }

    /// <summary>What the prefix cache has done since the model was loaded.</summary>
    public PrefixCacheStatistics PrefixCache { get; init; } = new();
}
