using Gemma4.Agents.Guard;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the tool guard to a pipeline.</summary>
public static class ToolGuardChatClientBuilderExtensions
{
    /// <summary>
    /// Adds <see cref="ToolGuardChatClient"/>: call repair, error texts that a model can act on, loop guard and limits.
    /// Add it after <c>UseFunctionInvocation</c>, so that it stands between the tool loop and the model.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">A setting is out of range; thrown when the pipeline is built.</exception>
    public static ChatClientBuilder UseToolGuard(this ChatClientBuilder builder, Action<ToolGuardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(inner =>
        {
            ToolGuardOptions options = new();
            configure?.Invoke(options);
            return new ToolGuardChatClient(inner, options);
        });
    }
}
