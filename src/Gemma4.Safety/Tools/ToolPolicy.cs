namespace Gemma4.Safety.Tools;

/// <summary>Which tools may run. All members bind from configuration.</summary>
public sealed class ToolPolicy
{
    /// <summary>The tools that may run at all; null is all.</summary>
    public IList<string>? Allowed { get; set; }

    /// <summary>Tools that always wait for a person.</summary>
    public IList<string> Ask { get; set; } = [];

    /// <summary>
    /// What happens to calls once a tool result or document is in the conversation. Default <see cref="ToolDecision.Run"/>:
    /// everything else stops agents that use one tool after the other, so it is the application's choice.
    /// </summary>
    public ToolDecision Untrusted { get; set; } = ToolDecision.Run;

    /// <summary>Tools that run with untrusted content in the conversation, whatever <see cref="Untrusted"/> says.</summary>
    public IList<string> AllowedUntrusted { get; set; } = [];

    /// <summary>Tools whose results are the application's own words and make nothing untrusted.</summary>
    public IList<string> TrustedResults { get; set; } = [];

    /// <summary>What arguments may be.</summary>
    public IList<ArgumentRule> Arguments { get; set; } = [];

    /// <summary>The most tool calls of one request; later ones are blocked. 0 is no limit. Default 256.</summary>
    public int MaxCalls { get; set; } = 256;

    /// <summary>How tool results and documents are marked for the model; default not at all.</summary>
    public Spotlighting Spotlighting { get; set; }
}
