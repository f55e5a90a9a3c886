using System.Text.Json;

namespace Gemma4.Agents.Approvals;

/// <summary>A call that waits for a decision. It has passed the guard: it fits the tool's schema.</summary>
/// <param name="Id">The request's id, unknown to the model.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Arguments">The arguments that will run, members in alphabetical order.</param>
/// <param name="Expires">When the request ends unanswered.</param>
public sealed record CallForApproval(string Id, string Tool, JsonElement Arguments, DateTimeOffset Expires);
