namespace Gemma4.Agents.Tracing;

/// <summary>What happened in a step of a run.</summary>
public enum StepKind
{
    /// <summary>The model answered; tokens and time are those of its request.</summary>
    Answer,

    /// <summary>A call was let through, as given or mended.</summary>
    Call,

    /// <summary>A call was refused and the model told why.</summary>
    Refused,

    /// <summary>A tool gave its result.</summary>
    Result,

    /// <summary>The loop was stopped and a final answer asked for.</summary>
    Stopped,
}
