using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;

namespace Gemma4.SemanticKernel;

/// <summary>The policy that the filters of a kernel ask. One that restricts tools is refused: the filters could not keep it.</summary>
internal sealed class SafetyFilterPolicy
{
    private readonly SafetyEvaluator _evaluator;
    private readonly string? _policy;

    public SafetyFilterPolicy(SafetyEvaluator evaluator, string? policy)
    {
        _evaluator = evaluator;
        _policy = policy;
        ThrowIfToolsAreRestricted();
    }

    public SafetyOptions Options => _evaluator.Policies.Options;

    public ValueTask<SafetyVerdict> EvaluateAsync(string text, SafetyStage stage, CancellationToken cancellationToken)
    {
        // Again for each text: a changed configuration may have brought another policy.
        ThrowIfToolsAreRestricted();
        return _evaluator.EvaluateAsync(text, stage, _policy, cancellationToken: cancellationToken);
    }

    private void ThrowIfToolsAreRestricted()
    {
        string name = _policy ?? Options.Policy;
        ToolPolicy tools = _evaluator.Policies.Find(name).Tools;
        string[] set =
        [
            .. tools.Allowed is null ? Array.Empty<string>() : [nameof(ToolPolicy.Allowed)],
            .. tools.Ask.Count == 0 ? Array.Empty<string>() : [nameof(ToolPolicy.Ask)],
            .. tools.Arguments.Count == 0 ? Array.Empty<string>() : [nameof(ToolPolicy.Arguments)],
        ];
        if (set.Length > 0)
        {
            throw new InvalidOperationException(
                $"The safety policy '{name}' sets Tools.{string.Join(", Tools.", set)}, which the filters of a kernel do not apply. " +
                "Put UseSafety into the client's pipeline, or choose another policy in AddSafetyFilters.");
        }
    }
}
