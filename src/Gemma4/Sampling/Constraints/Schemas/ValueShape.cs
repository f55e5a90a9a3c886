using System.Text.Json;
using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>What several schemas together say of one value, keyword by keyword.</summary>
internal sealed class ValueShape
{
    public JsonTypes Types { get; set; } = JsonTypes.Any;

    /// <summary>Lists of allowed values, of which each must hold.</summary>
    public List<(SchemaPlace Place, List<JsonElement> Values)> Enumerations { get; } = [];

    /// <summary>Lists of alternatives, of which each must be met.</summary>
    public List<List<SchemaPlace>> Alternatives { get; } = [];

    public List<(DecimalNumber Bound, bool IsStrict)> LowerBounds { get; } = [];

    public List<(DecimalNumber Bound, bool IsStrict)> UpperBounds { get; } = [];

    public List<DecimalNumber> Multiples { get; } = [];

    public int MinLength { get; set; }

    public int MaxLength { get; set; } = int.MaxValue;

    public List<(string Pointer, string Expression)> Patterns { get; } = [];

    public List<string> Formats { get; } = [];

    public List<ArrayPart> Arrays { get; } = [];

    public int MinItems { get; set; }

    public int MaxItems { get; set; } = int.MaxValue;

    /// <summary>Where uniqueItems stands, or null.</summary>
    public string? UniqueItems { get; set; }

    public List<ObjectPart> Objects { get; } = [];

    public SortedSet<string> Required { get; } = new(StringComparer.Ordinal);

    public List<SchemaPlace> PropertyNames { get; } = [];

    public int MinProperties { get; set; }

    public int MaxProperties { get; set; } = int.MaxValue;

    /// <summary>What one schema says of an array's items.</summary>
    public sealed record ArrayPart(SchemaPlace[] Leading, SchemaPlace? Others);

    /// <summary>What one schema says of an object's members. Its other members are those that it names in no way.</summary>
    public sealed record ObjectPart(
        Dictionary<string, SchemaPlace> Properties, List<(CharAutomaton Names, SchemaPlace Place)> Patterns, SchemaPlace? Others);
}
