using Gemma4.Safety;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.SemanticKernel;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>
/// The policy that the filters of one registration ask. What filters cannot keep is refused by name: they have no way to
/// wait for a person, and see no request as a whole.
/// </summary>
internal sealed class SafetyFilterPolicy
{
    private readonly SafetyEvaluator _evaluator;
    private readonly string? _policy;
    private readonly ApprovalLedger _ledger = new(); // nothing asks, so nothing is kept in it
    private readonly AsyncLocal<JudgedCall?> _judged = new();

    public SafetyFilterPolicy(SafetyEvaluator evaluator, string? policy)
    {
        _evaluator = evaluator;
        _policy = policy;
        Begin();
    }

    public SafetyOptions Options => _evaluator.Policies.Options;

    /// <summary>The call that an automatic invocation judged and is about to run, if this is within one.</summary>
    public JudgedCall? Judged
    {
        get => _judged.Value;
        set => _judged.Value = value;
    }

    public ValueTask<SafetyVerdict> EvaluateAsync(string text, SafetyStage stage, CancellationToken cancellationToken)
    {
        Begin();
        return _evaluator.EvaluateAsync(text, stage, _policy, cancellationToken: cancellationToken);
    }

    /// <summary>What is needed to judge one call, by the policy as it is now: a changed configuration may have brought another.</summary>
    public RequestRun Begin()
    {
        CompiledPolicies policies = _evaluator.Policies;
        CompiledPolicy policy = policies.Find(_policy ?? policies.Options.Policy);
        ThrowIfNotKept(policy);
        return new RequestRun(new TextJudge(policies, policy, _evaluator.Recorder), _evaluator.Recorder, _ledger, policies.Options, runsTools: false);
    }

    /// <summary>Decides about a call and puts the arguments that the function may get into place.</summary>
    public static async ValueTask<CallVerdict> DecideAsync(RequestRun run, KernelFunction function, KernelArguments? arguments, string? callId, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> judged = [];
        foreach ((string name, object? value) in arguments?.ToArray() ?? [])
        {
            // What no model can write is the application's own: a stream, a service, a delegate.
            if (FunctionOutput.TryOf(value, function.JsonSerializerOptions, out FunctionOutput output))
            {
                judged[name] = output.Value is AI.AIContent ? output.Text : output.Value;
            }
        }

        AI.FunctionCallContent call = new(callId ?? "", FunctionNames.ForModel(function.PluginName, function.Name), judged);
        CallVerdict verdict = await run.DecideAsync(call, isRun: true, cancellationToken).ConfigureAwait(false);
        if (verdict.Decision == ToolDecision.Run)
        {
            foreach ((string name, object? value) in verdict.Call.Arguments!)
            {
                if (!Equals(value, judged[name]))
                {
                    arguments![name] = value;
                }
            }
        }

        return verdict;
    }

    private static void ThrowIfNotKept(CompiledPolicy policy)
    {
        ToolPolicy tools = policy.Tools;
        string[] set =
        [
            .. Named(tools.Ask.Count > 0, "Tools.Ask"),
            .. Named(tools.Untrusted == ToolDecision.Ask, "Tools.Untrusted 'Ask'"),
            .. Named(tools.Arguments.Any(rule => rule.Otherwise == ToolDecision.Ask), "Tools.Arguments with Otherwise 'Ask'"),
            .. Named(!policy.Budget.IsEmpty, "Budget"),
        ];
        if (set.Length > 0)
        {
            throw new InvalidOperationException(
                $"The safety policy '{policy.Name}' sets {string.Join(", ", set)}, which the filters of a kernel cannot keep: they cannot wait for a person and see no request as a whole. " +
                "Put UseSafety into the client's pipeline, or choose another policy in AddSafetyFilters.");
        }

        static string[] Named(bool isSet, string name) => isSet ? [name] : [];
    }
}
