using System.Text.Json;

namespace Gemma4.Agents.Approvals;

/// <summary>A standing rule. The newest rule that fits a call decides.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="IsAllowed">Whether fitting calls run or are refused, both without asking.</param>
/// <param name="Arguments">The exact arguments, in any order; null fits all calls of the tool.</param>
/// <param name="Expires">When the rule ends; null means never.</param>
public sealed record ApprovalRule(string Tool, bool IsAllowed, JsonElement? Arguments = null, DateTimeOffset? Expires = null);
