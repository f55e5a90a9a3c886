namespace Gemma4.Generation;

/// <summary>
/// What is kept of finished requests, so that the next request of the same conversation, or one with the same system
/// message and tools, reads only what is new.
/// </summary>
public sealed class PrefixCacheOptions
{
    /// <summary>
    /// False reads every prompt from its beginning and keeps nothing. Default true. With it, prompts are read in other
    /// pieces, whose logits differ within the tolerance of the operators; where the same seed must give the same text
    /// every time, switch it off.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Most sessions kept between requests, 1 or more; the one not used for longest goes first. Default 16.</summary>
    public int MaxSessions { get; set; } = 16;

    /// <summary>
    /// Bytes of attention cache that the sessions kept between requests may hold, 0 or more. Default 1 GiB, about 28,000
    /// tokens of E2B with a cache of single precision. Below that the limit of all sessions together,
    /// <c>OnnxRuntimeOptions.KvCacheMemoryBudget</c>, holds: a running request takes the memory of a kept session.
    /// </summary>
    public long MemoryBudget { get; set; } = 1L << 30;
}
