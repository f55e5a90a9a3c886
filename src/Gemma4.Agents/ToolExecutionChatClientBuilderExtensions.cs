using Gemma4.Agents.Execution;
using Gemma4.Agents.Runs;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the execution of tools under policies to a pipeline, or to single tools.</summary>
public static class ToolExecutionChatClientBuilderExtensions
{
    /// <summary>
    /// Adds <see cref="ToolExecutionChatClient"/>: parallel calls with a limit, time limits, retry, one run of equal calls
    /// and cut results. Add it before <c>UseFunctionInvocation</c>.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">A setting is out of range; thrown when the pipeline is built.</exception>
    public static ChatClientBuilder UseToolExecution(this ChatClientBuilder builder, Action<ToolExecutionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(inner =>
        {
            ToolExecutionOptions options = new();
            configure?.Invoke(options);
            return new ToolExecutionChatClient(inner, options);
        });
    }

    /// <summary>
    /// Gives one tool a policy for loops that this library does not stand around, such as the kernel's: turn the result
    /// into a kernel function. Equal calls are remembered for as long as the tool lives.
    /// </summary>
    /// <param name="function">The tool.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="run">The run that it belongs to; null means the current one, or one of its own.</param>
    /// <param name="countTokens">Counts the tokens of a result; null means one for each four characters.</param>
    /// <returns>The tool under its policy.</returns>
    /// <exception cref="ArgumentException">A value of the policy is out of range.</exception>
    public static AIFunction WithPolicy(this AIFunction function, ToolPolicy policy, AgentRun? run = null, Func<string, int>? countTokens = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(policy);
        policy.Validate($"'{function.Name}'");
        // Nothing offers the rest of a cut result here.
        ToolExecutionOptions options = new() { OfferMore = false };
        options.CountTokens = countTokens ?? options.CountTokens;
        return new GovernedFunction(function, policy, new ExecutionScope(options, run ?? AgentRun.Current ?? new AgentRun(new AgentLimits())));
    }
}
