namespace Gemma4.Generation;

/// <summary>What the prefix cache of one loaded model has done since the model was loaded.</summary>
public sealed record PrefixCacheStatistics
{
    /// <summary>Requests that found at least one of their tokens already read.</summary>
    public long Hits { get; init; }

    /// <summary>Requests that read their whole prompt.</summary>
    public long Misses { get; init; }

    /// <summary>Prompt tokens that were not read again.</summary>
    public long ReusedTokens { get; init; }

    /// <summary>Requests that went on from a copy of another session's beginning.</summary>
    public long Forks { get; init; }

    /// <summary>Kept sessions that were freed for want of room.</summary>
    public long Evictions { get; init; }

    /// <summary>Sessions kept at the moment.</summary>
    public int Sessions { get; init; }

    /// <summary>Bytes of attention cache that they hold; 0 where the engine does not tell.</summary>
    public long Bytes { get; init; }
}
