namespace Gemma4.Safety.Policies;

/// <summary>Where in a conversation a text stands.</summary>
public enum SafetyStage
{
    /// <summary>What the user wrote.</summary>
    Input,

    /// <summary>What the model wrote, thoughts included.</summary>
    Output,

    /// <summary>What the model hands to a tool.</summary>
    ToolArguments,

    /// <summary>What a tool returned.</summary>
    ToolResult,

    /// <summary>What was retrieved or attached: content labelled <see cref="Tools.IntegrityLabel.Document"/>.</summary>
    Document,
}
