namespace Gemma4.Generation;

/// <summary>What ends a response or a part of it.</summary>
internal sealed record GenerationLimits
{
    /// <summary>Most tokens to generate, the end token included; never more than the context has left.</summary>
    public required int MaxOutputTokens { get; init; }

    public required IReadOnlyList<int> StopTokens { get; init; }

    /// <summary>Thought tokens before the thought is closed for the model.</summary>
    public int ThinkingBudget { get; init; } = int.MaxValue;

    /// <summary>Token that closes a thought.</summary>
    public required int ThoughtEndToken { get; init; }
}
