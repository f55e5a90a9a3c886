using Gemma4.Agents.Runs;

namespace Gemma4.Agents.Execution;

/// <summary>Settings of <see cref="ToolExecutionChatClient"/>.</summary>
public sealed class ToolExecutionOptions
{
    /// <summary>The policy of tools without one of their own.</summary>
    public ToolPolicy Default { get; set; } = new();

    /// <summary>Policies of single tools, by name.</summary>
    public IDictionary<string, ToolPolicy> Policies { get; } = new Dictionary<string, ToolPolicy>(StringComparer.Ordinal);

    /// <summary>Most calls of one request that run at once; 1 or more. Default 4.</summary>
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>Counts the tokens of a text; default one for each four characters, rounded up. Give the model's own for exact caps.</summary>
    public Func<string, int> CountTokens { get; set; } = text => (text.Length + 3) / 4;

    /// <summary>
    /// Whether a tool <c>read_more_result</c> is offered when results can be cut, by which the model fetches the rest. Default true.
    /// </summary>
    public bool OfferMore { get; set; } = true;

    /// <summary>Limits of a request that belongs to no <see cref="AgentRun"/>.</summary>
    public AgentLimits Limits { get; set; } = new();

    /// <summary>The clock; default the system's.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Whether any policy cuts results.</summary>
    internal bool CanCut => Default.ResultTokens is not null || Policies.Values.Any(policy => policy.ResultTokens is not null);

    internal ToolPolicy PolicyOf(string tool) => Policies.TryGetValue(tool, out ToolPolicy? own) ? own : Default;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(CountTokens);
        ArgumentNullException.ThrowIfNull(Time);
        Limits.Validate();
        Default.Validate("the default");
        foreach ((string tool, ToolPolicy policy) in Policies)
        {
            policy.Validate($"'{tool}'");
        }

        if (MaxConcurrency < 1)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(ToolExecutionOptions)}.{nameof(MaxConcurrency)} is {MaxConcurrency}; it must be 1 or more."));
        }
    }
}
