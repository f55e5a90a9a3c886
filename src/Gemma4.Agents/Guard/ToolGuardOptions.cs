using Gemma4.Agents.Runs;

namespace Gemma4.Agents.Guard;

/// <summary>Settings of <see cref="ToolGuardChatClient"/>.</summary>
public sealed class ToolGuardOptions
{
    /// <summary>Limits of a request that belongs to no <see cref="AgentRun"/>.</summary>
    public AgentLimits Limits { get; set; } = new();

    /// <summary>Whether calls are mended when one reading alone fits; default true. When false, a faulty call is refused.</summary>
    public bool RepairCalls { get; set; } = true;

    /// <summary>Whether an answer that is nothing but a call written as text counts as the call; default true.</summary>
    public bool ReadCallsInText { get; set; } = true;

    /// <summary>
    /// After how many equal calls with equal results, or turns of an A-B-A-B cycle, the tools are closed; 2 or more.
    /// Default 3.
    /// </summary>
    public int RepeatLimit { get; set; } = 3;

    /// <summary>How many answers in a row with nothing but refused calls are sent back; 0 or more. Default 2.</summary>
    public int MaxCorrections { get; set; } = 2;

    /// <summary>The clock of runs that the guard begins; default the system's.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Limits);
        ArgumentNullException.ThrowIfNull(Time);
        Limits.Validate();
        if (RepeatLimit < 2)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(ToolGuardOptions)}.{nameof(RepeatLimit)} is {RepeatLimit}; it must be 2 or more, since one call is no repetition."));
        }

        if (MaxCorrections < 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(ToolGuardOptions)}.{nameof(MaxCorrections)} is {MaxCorrections}; it must be 0 or more."));
        }
    }
}
