using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the safety stage to a chat client.</summary>
public static class SafetyChatClientBuilderExtensions
{
    /// <summary>
    /// Adds the safety stage: what the policy blocks reaches neither the model nor the caller, streamed or not. Call it
    /// before <c>UseFunctionInvocation</c>: one stage then guards input, output and every tool call and result.
    /// </summary>
    /// <param name="builder">The pipeline; first added is outermost.</param>
    /// <param name="configure">
    /// Sets the options; null takes those registered with <c>AddSafety</c>, and without any the default policy.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="OptionsValidationException">At Build: an option is out of range or names what does not exist.</exception>
    public static ChatClientBuilder UseSafety(this ChatClientBuilder builder, Action<SafetyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((client, services) =>
        {
            var evaluator = SafetyServiceCollectionExtensions.Create(services, configure);
            return new SafetyChatClient(client, evaluator, services.GetService<ApprovalLedger>() ?? new ApprovalLedger(services.GetService<TimeProvider>()));
        });
    }

    /// <summary>Asks for another policy, or for one without some rules, for one request. Locked rules stay.</summary>
    /// <param name="options">The options of the request.</param>
    /// <param name="policy">The policy's name; null for the default one.</param>
    /// <param name="without">Ids of rules to switch off.</param>
    /// <returns>The options.</returns>
    public static ChatOptions WithSafety(this ChatOptions options, string? policy = null, IEnumerable<string>? without = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (options.AdditionalProperties ??= [])[SafetyOverride.Key] = new SafetyOverride(policy, [.. without ?? []]);
        return options;
    }
}
