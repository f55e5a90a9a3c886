using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Repair;

/// <summary>How a call was read against the declared tools.</summary>
/// <param name="Call">The call to run: the given one when nothing was changed. Null when it cannot be run.</param>
/// <param name="Tool">The declared tool; null when none can be meant.</param>
/// <param name="Repairs">What was changed, one line each; empty when nothing was.</param>
/// <param name="Faults">What is wrong and was not mended; empty when <paramref name="Call"/> can be run.</param>
public sealed record CallReading(
    FunctionCallContent? Call,
    AIFunctionDeclaration? Tool,
    IReadOnlyList<string> Repairs,
    IReadOnlyList<ArgumentFault> Faults)
{
    /// <summary>True when the call fits the tool's schema, as given or mended.</summary>
    public bool IsValid => Call is not null;

    /// <summary>The text that tells a model what to correct; empty for a valid call.</summary>
    public string ErrorText => IsValid
        ? ""
        : $"Error: the call was not run.\n{string.Join('\n', Faults.Select(fault => $"- {fault}"))}\nCorrect it and call again.";
}
