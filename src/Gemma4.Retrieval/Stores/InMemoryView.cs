using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>A table whose lock is held, through a mask.</summary>
internal sealed class InMemoryView<TRecord>(InMemoryTable table, RowMask? mask) : ISearchView<TRecord>
    where TRecord : class
{
    /// <summary>All rows that pass, ascending.</summary>
    public IEnumerable<int> Rows => mask?.Rows ?? Enumerable.Range(0, table.Records.Count).Where(row => table.Records[row] is not null);

    public object RecordOf(int row) => table.Records[row]!;

    public IEnumerable<(long Row, double Score)> Nearest(VectorPropertyModel property, ReadOnlyMemory<float> query, int count)
    {
        int index = table.Shape.Model.VectorProperties.Index().First(item => item.Item.StorageName == property.StorageName).Index;
        return table.Vectors[index].Search(query.Span, count, mask).Select(hit => ((long)hit.Row, (double)hit.Score));
    }

    public IEnumerable<(long Row, double Score)> Matching(DataPropertyModel text, string keywords, int count)
    {
        int index = table.Shape.FullText.Index().First(item => item.Item.StorageName == text.StorageName).Index;
        return table.FullText[index].Search(keywords, count, mask).Select(hit => ((long)hit.Document, (double)hit.Score));
    }

    public TRecord Read(long row, bool includeVectors) => (TRecord)table.Read((int)row, includeVectors);
}
