namespace Gemma4.Agents.Execution;

/// <summary>How calls of one tool are run.</summary>
public sealed record ToolPolicy
{
    /// <summary>Longest time of one attempt; above zero, null for none. Default 30 seconds.</summary>
    public TimeSpan? TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether running the tool twice does what running it once does. Only such a tool is tried again after a failure,
    /// and equal calls of one run get the first one's result. Default false.
    /// </summary>
    public bool IsIdempotent { get; init; }

    /// <summary>How often a failed call of an idempotent tool is tried again; 0 or more. Default 2.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Pause before the first retry, doubled for each further one; zero or more. Default 200 milliseconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Which failures are worth a retry; default those of time, network and files.</summary>
    public Func<Exception, bool> IsTransient { get; init; } =
        exception => exception is TimeoutException or HttpRequestException or IOException;

    /// <summary>Most tokens of a result; at least 16, null for no cut. Default 2000.</summary>
    public int? ResultTokens { get; init; } = 2000;

    internal void Validate(string owner)
    {
        Check(TimeLimit is null || TimeLimit > TimeSpan.Zero, nameof(TimeLimit), TimeLimit, "above zero, or null for none");
        Check(Retries >= 0, nameof(Retries), Retries, "0 or more");
        Check(RetryDelay >= TimeSpan.Zero, nameof(RetryDelay), RetryDelay, "zero or more");
        Check(ResultTokens is null or >= ResultShaper.LeastTokens, nameof(ResultTokens), ResultTokens, "16 or more, or null for no cut");

        void Check(bool isRight, string name, object? value, string allowed)
        {
            if (!isRight)
            {
                throw new ArgumentException($"{nameof(ToolPolicy)}.{name} of {owner} is {value}; it must be {allowed}.");
            }
        }
    }
}
