using Gemma4.Agents.Approvals;

namespace Microsoft.Extensions.AI;

/// <summary>Adds approvals to a pipeline, or to single tools.</summary>
public static class ToolApprovalChatClientBuilderExtensions
{
    /// <summary>
    /// Adds <see cref="ToolApprovalChatClient"/>. Add it before <c>UseFunctionInvocation</c>, with <c>UseToolGuard</c> after
    /// that: nobody is asked about a call that could not run. Do not combine it with a stage that asks by
    /// <see cref="ToolApprovalRequestContent"/>, such as the Ask rules of <c>UseSafety</c>: choose one of the two.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="gate">The gate; keep it, to answer held calls.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseToolApproval(this ChatClientBuilder builder, ToolApprovalGate gate)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(gate);
        return builder.Use(inner => new ToolApprovalChatClient(inner, gate));
    }

    /// <summary>Puts one tool behind a gate, for loops that this library does not stand around, such as the kernel's.</summary>
    /// <param name="function">The tool.</param>
    /// <param name="gate">The gate.</param>
    /// <returns>The tool behind the gate.</returns>
    public static AIFunction WithApproval(this AIFunction function, ToolApprovalGate gate)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(gate);
        return new ApprovedFunction(function, gate, function.GetService<ApprovalRequiredAIFunction>() is not null);
    }
}
