namespace Gemma4.Sampling.Constraints;

/// <summary>What a constraint may cost. Work is counted in steps, not in time, so that every machine says the same.</summary>
internal sealed class ConstraintBudget
{
    /// <summary>States of one character automaton; a pattern with larger counts is refused.</summary>
    public const int MaxAutomatonStates = 16_384;

    /// <summary>Nodes of one compiled grammar.</summary>
    public const int MaxNodes = 200_000;

    /// <summary>Readings of a text that are followed side by side.</summary>
    public const int MaxThreads = 2_048;

    /// <summary>Open rules and brackets.</summary>
    public const int MaxStackDepth = 4_096;

    /// <summary>Arrays and objects inside each other; what System.Text.Json and the parser of calls read at most.</summary>
    public const int MaxNesting = 64;

    /// <summary>Steps of one mask; the largest vocabulary walk is about one million.</summary>
    public const long MaxMaskSteps = 20_000_000;

    /// <summary>Configurations kept for reuse before all of them are dropped.</summary>
    public const int MaxFrames = 200_000;

    /// <summary>Bytes of kept masks.</summary>
    public const long MaxMaskBytes = 64L << 20;

    private const long MaxCompileSteps = 5_000_000;

    private long _steps;

    public void Spend(long steps, string what)
    {
        _steps += steps;
        if (_steps > MaxCompileSteps)
        {
            throw new Gemma4ConstraintException(
                $"{what} takes more than {MaxCompileSteps} steps to compile. Make it smaller: fewer alternatives, smaller "
                + "counts, shorter lists.");
        }
    }
}
