namespace Gemma4.Sampling;

/// <summary>How the next token is drawn.</summary>
public sealed record SamplingSettings
{
    /// <summary>0 picks the likeliest token.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>0 switches the limit off.</summary>
    public int TopK { get; init; } = 64;

    /// <summary>Above 0 up to 1.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>0 switches the limit off.</summary>
    public float MinP { get; init; }

    /// <summary>1 switches the penalty off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>0 switches the penalty off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>0 switches the penalty off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Null takes a seed from the caller.</summary>
    public long? Seed { get; init; }
}
