using Gemma4.Safety.Tools;

namespace Gemma4.Safety.Policies;

/// <summary>Rules in the order in which they are asked, and what tools may do.</summary>
public sealed class SafetyPolicy
{
    /// <summary>The rules; empty checks nothing.</summary>
    public IList<SafetyRule> Rules { get; set; } = [];

    /// <summary>What tools may do.</summary>
    public ToolPolicy Tools { get; set; } = new();

    /// <summary>How much one request may take; default no limit.</summary>
    public RequestBudget Budget { get; set; } = new();

    /// <summary>How much of a streamed answer is held back; default <see cref="StreamingMode.HoldBack"/>.</summary>
    public StreamingMode Streaming { get; set; }

    /// <summary>
    /// The policy of <c>UseSafety()</c> without options: personal data leaves the model's sight and comes back in the
    /// answer, secrets are cut out, prompt injection is refused, and addresses that carry data out are cut.
    /// </summary>
    public static SafetyPolicy CreateDefault() => DefaultPolicy.Create();
}
