using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Handoffs;

/// <summary>One agent among several that hand a conversation to each other.</summary>
/// <param name="Name">Its name: letters, digits and underscores, since it becomes part of a tool's name.</param>
/// <param name="Description">When to hand over to it, for the other agents.</param>
/// <param name="Client">Its pipeline; one without a function-invoking stage gets one.</param>
public sealed record HandoffAgent(string Name, string Description, IChatClient Client)
{
    /// <summary>Its own instructions; null for none.</summary>
    public string? Instructions { get; init; }

    /// <summary>Its own tools, which it keeps beside those for handing over.</summary>
    public IReadOnlyList<AITool> Tools { get; init; } = [];

    /// <summary>To whom it may hand over; null means to all others.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>What of the conversation it sees; null means all of it. It must not part calls from their results.</summary>
    public Func<IReadOnlyList<ChatMessage>, IEnumerable<ChatMessage>>? History { get; init; }
}
