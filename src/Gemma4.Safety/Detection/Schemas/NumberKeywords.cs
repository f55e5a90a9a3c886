using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>What a schema says about numbers. Exact up to 28 digits; beyond them as double.</summary>
internal sealed class NumberKeywords
{
    private const int DecimalDigits = 28;

    public JsonElement? Minimum { get; set; }

    public JsonElement? Maximum { get; set; }

    public JsonElement? ExclusiveMinimum { get; set; }

    public JsonElement? ExclusiveMaximum { get; set; }

    public JsonElement? MultipleOf { get; set; }

    /// <summary>Whether a number has no fraction; 2.0 and 1e3 have none.</summary>
    public static bool IsWhole(JsonElement number) =>
        TryExact(number, out var exact) ? decimal.Truncate(exact) == exact : double.IsInteger(number.GetDouble());

    public string? Check(JsonElement value) =>
        Minimum is { } minimum && Compare(value, minimum) < 0 ? "minimum"
        : Maximum is { } maximum && Compare(value, maximum) > 0 ? "maximum"
        : ExclusiveMinimum is { } above && Compare(value, above) <= 0 ? "exclusiveMinimum"
        : ExclusiveMaximum is { } below && Compare(value, below) >= 0 ? "exclusiveMaximum"
        : MultipleOf is { } step && !IsMultiple(value, step) ? "multipleOf"
        : null;

    private static int Compare(JsonElement left, JsonElement right) =>
        TryExact(left, out var exactLeft) && TryExact(right, out var exactRight) ? exactLeft.CompareTo(exactRight) : left.GetDouble().CompareTo(right.GetDouble());

    // A double too large to tell has the remainder 0 or NaN; infinity has NaN and is no multiple.
    private static bool IsMultiple(JsonElement value, JsonElement step) =>
        TryExact(value, out var exact) && TryExact(step, out var exactStep) ? exact % exactStep == 0 : value.GetDouble() % step.GetDouble() == 0;

    // A decimal rounds what it cannot hold and says nothing.
    private static bool TryExact(JsonElement number, out decimal exact) => number.TryGetDecimal(out exact) && number.GetRawText().Length <= DecimalDigits;
}
