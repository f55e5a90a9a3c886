using Gemma4.Safety.Detection;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tools;

/// <summary>What happens to one call, why, and the arguments that the tool would get.</summary>
internal sealed record CallVerdict(ToolDecision Decision, string Rule, RiskCategory Category, double Score, FunctionCallContent Call);
