namespace Gemma4.Sampling;

/// <summary>
/// How the next token is picked. The steps run in this order: token constraint and suppressed tokens, penalties,
/// temperature, top-k, top-p, min-p, draw. The defaults are those that Gemma 4 is published with.
/// </summary>
public sealed record SamplingSettings
{
    /// <summary>
    /// Divides the logits: below 1 the likely tokens become likelier, above 1 the unlikely ones. 0 always picks the
    /// likeliest token, without any draw. From 0 up; default 1.
    /// </summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Only this many of the likeliest tokens can be picked. From 0 (no limit) up; default 64.</summary>
    public int TopK { get; init; } = 64;

    /// <summary>
    /// Only the smallest set of likeliest tokens whose probabilities reach this sum can be picked; at least one token
    /// stays. 0 to 1 (no limit); default 0.95.
    /// </summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>
    /// Only tokens at least this fraction as probable as the likeliest one can be picked. 0 (no limit) to 1; default 0.
    /// </summary>
    public float MinP { get; init; }

    /// <summary>
    /// Divides the positive and multiplies the negative logits of every token in the prompt or the answer, once per
    /// token however often it occurs. Above 0; above 1 discourages repetition; default 1 (off).
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>
    /// Subtracted from a token's logit once for every time the answer already holds the token; the prompt does not
    /// count. -2 to 2; default 0 (off).
    /// </summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>
    /// Subtracted once from the logit of every token that the answer already holds; the prompt does not count. -2 to 2;
    /// default 0 (off).
    /// </summary>
    public float PresencePenalty { get; init; }

    /// <summary>
    /// The same seed with the same logits picks the same tokens on any machine. Any value; default null, which takes a
    /// seed that differs from response to response.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A value lies outside its range; the message names the property, the value and the range.
    /// </exception>
    public void Validate()
    {
        Check(nameof(Temperature), Temperature, Temperature >= 0 && float.IsFinite(Temperature), "a number from 0 up");
        Check(nameof(TopK), TopK, TopK >= 0, "0 (off) or above");
        Check(nameof(TopP), TopP, TopP is >= 0 and <= 1, "between 0 and 1");
        Check(nameof(MinP), MinP, MinP is >= 0 and <= 1, "between 0 and 1");
        Check(
            nameof(RepetitionPenalty),
            RepetitionPenalty,
            RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty),
            "a number above 0 (1 is off)");
        Check(nameof(FrequencyPenalty), FrequencyPenalty, FrequencyPenalty is >= -2 and <= 2, "between -2 and 2");
        Check(nameof(PresencePenalty), PresencePenalty, PresencePenalty is >= -2 and <= 2, "between -2 and 2");
    }

    private static void Check<T>(string property, T value, bool isInRange, string range)
        where T : IFormattable
    {
        if (!isInRange)
        {
            throw new ArgumentOutOfRangeException(
                property,
                value,
                FormattableString.Invariant($"{property} is {value}; it must be {range}."));
        }
    }
}
