using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>A filter that stores can write in their own language.</summary>
internal abstract record RecordFilter
{
    internal sealed record And(RecordFilter Left, RecordFilter Right) : RecordFilter;

    internal sealed record Or(RecordFilter Left, RecordFilter Right) : RecordFilter;

    internal sealed record Not(RecordFilter Inner) : RecordFilter;

    /// <summary>The operator is one of ==, !=, &lt;, &lt;=, &gt;, &gt;=.</summary>
    internal sealed record Compare(PropertyModel Property, string Operator, object? Value) : RecordFilter;

    internal sealed record In(PropertyModel Property, IReadOnlyList<object?> Values) : RecordFilter;
}
