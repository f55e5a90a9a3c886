namespace Gemma4;

/// <summary>How the health of a model is looked at.</summary>
public sealed class Gemma4HealthCheckOptions
{
    /// <summary>
    /// Time in which one token has to come, more than zero. Default 10 seconds: a step of a model that runs well takes
    /// far less, and a probe waits for at most one piece of another prompt.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a check loads a model that is not in memory, within the time limit. Default false: such a model is
    /// reported as healthy and not loaded, so that checks neither delay the start nor keep an idle model in memory.
    /// </summary>
    public bool LoadModel { get; set; }
}
