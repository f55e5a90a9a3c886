using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Approvals;

/// <summary>A tool behind a gate.</summary>
internal sealed class ApprovedFunction(AIFunction inner, ToolApprovalGate gate, bool isMarked) : DelegatingAIFunction(inner)
{
    // Hides the mark of the inner function: the tool loop must not begin an approval of its own, which history could forge.
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ApprovalRequiredAIFunction) ? null : base.GetService(serviceType, serviceKey);

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        (ApprovalDecision decision, string? text) = await gate.DecideAsync(InnerFunction, arguments, isMarked, cancellationToken).ConfigureAwait(false);
        if (decision == ApprovalDecision.AllowOnce)
        {
            return await base.InvokeCoreAsync(arguments, cancellationToken).ConfigureAwait(false);
        }

        if (decision == ApprovalDecision.Hold && FunctionInvokingChatClient.CurrentContext is { } context)
        {
            context.Terminate = true; // The model has nothing to add until a person has decided.
        }

        return text;
    }
}
