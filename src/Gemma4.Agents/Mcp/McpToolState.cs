namespace Gemma4.Agents.Mcp;

/// <summary>How a server's tool stands to what was approved.</summary>
public enum McpToolState
{
    /// <summary>Approved, and still the same.</summary>
    Approved,

    /// <summary>Never approved.</summary>
    New,

    /// <summary>Approved, but its definition is another one now.</summary>
    Changed,

    /// <summary>Not on the list of allowed tools.</summary>
    NotAllowed,
}
