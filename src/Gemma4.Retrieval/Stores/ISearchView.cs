using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>A collection as it is at one moment, seen through one filter. Rows are numbers that hold for that moment.</summary>
internal interface ISearchView<TRecord>
{
    /// <summary>The best rows by vector, best first, with the scores of the property's distance function.</summary>
    IEnumerable<(long Row, double Score)> Nearest(VectorPropertyModel property, ReadOnlyMemory<float> query, int count);

    /// <summary>The best rows by keywords, best first; higher is better.</summary>
    IEnumerable<(long Row, double Score)> Matching(DataPropertyModel text, string keywords, int count);

    /// <summary>A copy of a row for the caller.</summary>
    TRecord Read(long row, bool includeVectors);
}
