using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Handoffs;

/// <summary>A client that a router can choose.</summary>
/// <param name="Name">A short name; the router model answers with it.</param>
/// <param name="Description">For what the client is right, for the router model.</param>
/// <param name="Client">The client.</param>
public sealed record RoutedClient(string Name, string Description, IChatClient Client);
