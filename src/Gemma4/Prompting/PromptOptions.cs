namespace Gemma4.Prompting;

/// <summary>How a conversation becomes a prompt.</summary>
public sealed record PromptOptions
{
    /// <summary>The template of the model's family. Default: <see cref="PromptFlavor.Small"/>.</summary>
    public PromptFlavor Flavor { get; init; }

    /// <summary>
    /// Whether the prompt ends where the model is to answer. Default: true. False gives the bare history, as used for
    /// scoring or training text.
    /// </summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Whether the system turn asks the model to think before it answers. Default: false.</summary>
    public bool EnableThinking { get; init; }

    /// <summary>
    /// Whether earlier turns keep the reasoning of messages that hold tool calls. Default: false, as the model was
    /// trained: only reasoning after the last user message stays.
    /// </summary>
    public bool PreserveThinking { get; init; }

    /// <summary>
    /// Whether the output equals the published template of 2026-07-09 character for character, defects included.
    /// Default: false: tool schemas are normalised first, text beside a call stands before it, object results become
    /// fields, and results are matched to their calls.
    /// </summary>
    public bool Canonical { get; init; }
}
