namespace Gemma4.Safety.Detection.Schemas;

/// <summary>
/// The work left for one value. A schema is the application's and the value is the model's: together they could make the
/// alternatives of nested schemas multiply.
/// </summary>
internal sealed class SchemaRun
{
    // A schema and a value of many kilobytes need some ten thousand steps.
    private int _left = 1_000_000;

    /// <summary>Set when the work was too much: what was found until then says nothing.</summary>
    public bool IsExhausted => _left <= 0;

    /// <summary>Takes one step; false when none is left.</summary>
    public bool Step() => --_left > 0;
}
