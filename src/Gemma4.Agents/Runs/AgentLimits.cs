namespace Gemma4.Agents.Runs;

/// <summary>Hard limits of one run, shared with the agents that its tools start. Null means no limit.</summary>
public sealed record AgentLimits
{
    /// <summary>Most answers of the model that call tools; at least 1. Default 12.</summary>
    public int? Rounds { get; init; } = 12;

    /// <summary>Most calls in all; at least 0. Default 40.</summary>
    public int? Calls { get; init; } = 40;

    /// <summary>Most calls of any one tool; at least 0. Default none.</summary>
    public int? CallsPerTool { get; init; }

    /// <summary>Other numbers than <see cref="CallsPerTool"/> for single tools, by name.</summary>
    public IReadOnlyDictionary<string, int> CallsByTool { get; init; } = new Dictionary<string, int>();

    /// <summary>Most input and output tokens together, as the model reports them; at least 1. Checked between requests.</summary>
    public long? Tokens { get; init; }

    /// <summary>Longest time from the start of the run; above zero. No request and no call begins later.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Most UTF-8 bytes of all tool results together; at least 1. A result beyond it is replaced by a note.</summary>
    public long? ResultBytes { get; init; }

    internal void Validate()
    {
        Check(Rounds is null or >= 1, nameof(Rounds), Rounds, "1 or more");
        Check(Calls is null or >= 0, nameof(Calls), Calls, "0 or more");
        Check(CallsPerTool is null or >= 0, nameof(CallsPerTool), CallsPerTool, "0 or more");
        Check(CallsByTool.Values.All(count => count >= 0), nameof(CallsByTool), "a negative number", "0 or more for each tool");
        Check(Tokens is null or >= 1, nameof(Tokens), Tokens, "1 or more");
        Check(Time is null || Time > TimeSpan.Zero, nameof(Time), Time, "above zero");
        Check(ResultBytes is null or >= 1, nameof(ResultBytes), ResultBytes, "1 or more");
    }

    private static void Check(bool isRight, string name, object? value, string allowed)
    {
        if (!isRight)
        {
            throw new ArgumentException($"{nameof(AgentLimits)}.{name} is {value}; it must be {allowed}, or null for no limit.");
        }
    }
}
