using Gemma4.Agents.Selection;

namespace Microsoft.Extensions.AI;

/// <summary>Adds tool selection to a pipeline.</summary>
public static class ToolSelectionChatClientBuilderExtensions
{
    /// <summary>
    /// Adds <see cref="ToolSelectionChatClient"/>. Add it after <c>UseFunctionInvocation</c> and <c>UseToolGuard</c>: they know
    /// all tools, the model sees those that fit.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">A setting is out of range; thrown when the pipeline is built.</exception>
    public static ChatClientBuilder UseToolSelection(this ChatClientBuilder builder, Action<ToolSelectionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(inner =>
        {
            ToolSelectionOptions options = new();
            configure?.Invoke(options);
            return new ToolSelectionChatClient(inner, options);
        });
    }
}
