using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Gemma4.Agents.Evaluation;

/// <summary>The right calls and the tools, for <see cref="FunctionCallEvaluator"/>.</summary>
public sealed class FunctionCallContext : EvaluationContext
{
    /// <summary>Makes a context.</summary>
    /// <param name="expected">The right calls; none says that no tool should be called.</param>
    /// <param name="tools">The tools that the model was offered.</param>
    public FunctionCallContext(IReadOnlyList<ExpectedCall> expected, IReadOnlyList<AITool> tools)
        : base("Expected calls", expected.Count == 0 ? "no call" : string.Join(", ", expected.Select(call => call.Name)))
    {
        ArgumentNullException.ThrowIfNull(tools);
        Expected = expected;
        Tools = tools;
    }

    /// <summary>The right calls.</summary>
    public IReadOnlyList<ExpectedCall> Expected { get; }

    /// <summary>The tools that the model was offered.</summary>
    public IReadOnlyList<AITool> Tools { get; }
}
