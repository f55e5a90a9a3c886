namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>The shape of one decoder layer.</summary>
internal sealed record LayerConfig
{
    public required int Index { get; init; }

    /// <summary>Full attention; otherwise a sliding window.</summary>
    public required bool IsFull { get; init; }

    public required int HeadSize { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int FeedForward { get; init; }

    /// <summary>False: the raw key projection serves as value too.</summary>
    public required bool HasValueProjection { get; init; }

    /// <summary>The layer whose keys and values this one reads; itself when it owns them.</summary>
    public required int Donor { get; init; }

    public bool OwnsCache => Donor == Index;
}
