using System.Text.Json;

namespace Gemma4.Agents.Tracing;

/// <summary>One step of a run.</summary>
/// <param name="Kind">What happened.</param>
public sealed record AgentStep(StepKind Kind)
{
    /// <summary>The tool's name; null for answers and stops.</summary>
    public string? Tool { get; init; }

    /// <summary>The call's id; null for answers and stops.</summary>
    public string? CallId { get; init; }

    /// <summary>The arguments as the tool gets them; null elsewhere.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>The answer's text, the tool's result, or why a call was refused or the loop stopped.</summary>
    public string? Text { get; init; }

    /// <summary>What was mended in the call; empty when nothing was.</summary>
    public IReadOnlyList<string> Repairs { get; init; } = [];

    /// <summary>Input tokens of the request; null when the model reports none.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Output tokens of the request; null when the model reports none.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>How long the request or the call took, in milliseconds; null when it was not measured.</summary>
    public double? Milliseconds { get; init; }
}
