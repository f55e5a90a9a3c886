namespace Company.GemmaAgent;

/// <summary>Section "Agent" of the settings.</summary>
internal sealed class AgentSettings
{
    /// <summary>What the model is told before the conversation; empty for nothing.</summary>
    public string Instructions { get; set; } = "";

    /// <summary>Rounds of tool calls for one question. A model that calls tools without end stops there.</summary>
    public int MaxToolRounds { get; set; } = 8;
}
