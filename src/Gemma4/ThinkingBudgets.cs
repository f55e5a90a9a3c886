namespace Gemma4;

/// <summary>
/// Most thought tokens per response for each <c>ReasoningEffort</c>. When a budget is used up the thought is closed for
/// the model and it goes on with its answer. Null means no limit but the context. A value of 0 is refused: turn thinking
/// off instead.
/// </summary>
/// <remarks>
/// Gemma 4 has one switch for thinking and no levels, so the efforts differ in this limit alone. The defaults grow by a
/// factor of four.
/// </remarks>
public sealed class ThinkingBudgets
{
    /// <summary>Budget of effort Low; the default is 512 tokens.</summary>
    public int? Low { get; set; } = 512;

    /// <summary>Budget of effort Medium; the default is 2048 tokens.</summary>
    public int? Medium { get; set; } = 2048;

    /// <summary>Budget of effort High; the default is 8192 tokens.</summary>
    public int? High { get; set; } = 8192;

    /// <summary>Budget of effort ExtraHigh; the default is no limit.</summary>
    public int? ExtraHigh { get; set; }
}
