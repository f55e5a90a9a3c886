using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>The rows of one collection. The lock guards everything else; callers take it.</summary>
internal sealed class InMemoryTable
{
    private readonly Stack<int> _free = [];
    private readonly RecordShape _shape;

    public InMemoryTable(RecordShape shape, TextAnalyzer analyzer)
    {
        _shape = shape;
        Vectors = [.. shape.Model.VectorProperties.Select(property => new VectorMatrix(
            property.Dimensions, VectorDistance.Of(property), VectorMatrix.PrefilterOf(property.IndexKind, property.ModelName)))];
        FullText = [.. shape.FullText.Select(_ => new Bm25Index(analyzer))];
        Columns = [.. shape.Indexed.Select(property => new IndexedColumn(property))];
    }

    public ReaderWriterLockSlim Lock { get; } = new();

    public RecordShape Shape => _shape;

    /// <summary>Row of each key.</summary>
    public Dictionary<object, int> RowOf { get; } = [];

    /// <summary>[row]; null where the row is free.</summary>
    public List<object?> Records { get; } = [];

    /// <summary>One per vector property.</summary>
    public VectorMatrix[] Vectors { get; }

    /// <summary>One per full-text property.</summary>
    public Bm25Index[] FullText { get; }

    /// <summary>One per indexed property.</summary>
    public IndexedColumn[] Columns { get; }

    /// <summary>By name: the property may be another reader's of the same record.</summary>
    public IndexedColumn? ColumnOf(PropertyModel property) => Array.Find(Columns, column => column.Property.StorageName == property.StorageName);

    public void Set(object key, object record, Func<int, ReadOnlyMemory<float>?> vectorOf)
    {
        if (!RowOf.TryGetValue(key, out int row))
        {
            if (!_free.TryPop(out row))
            {
                row = Records.Count;
                Records.Add(null);
            }

            RowOf[key] = row;
        }

        Records[row] = record;
        for (int i = 0; i < Vectors.Length; i++)
        {
            if (vectorOf(i) is { } vector)
            {
                Vectors[i].Set(row, vector.Span);
            }
            else
            {
                Vectors[i].Clear(row);
            }
        }

        for (int i = 0; i < FullText.Length; i++)
        {
            FullText[i].Set(row, (string?)_shape.FullText[i].GetValueAsObject(record));
        }

        foreach (IndexedColumn column in Columns)
        {
            column.Set(row, record);
        }
    }

    public void Remove(object key)
    {
        if (RowOf.Remove(key, out int row))
        {
            Records[row] = null;
            _free.Push(row);
            foreach (VectorMatrix matrix in Vectors)
            {
                matrix.Clear(row);
            }

            foreach (Bm25Index index in FullText)
            {
                index.Remove(row);
            }

            foreach (IndexedColumn column in Columns)
            {
                column.Remove(row);
            }
        }
    }

    /// <summary>A copy of a row for the caller.</summary>
    public object Read(int row, bool includeVectors)
    {
        object copy = _shape.CopyData(Records[row]!);
        for (int i = 0; includeVectors && i < Vectors.Length; i++)
        {
            VectorPropertyModel property = _shape.Model.VectorProperties[i];
            if (RecordModelBuilder.IsVector(property.Type) && Vectors[i].Has(row))
            {
                RecordShape.SetVector(property, copy, Vectors[i][row].ToArray());
            }
        }

        return copy;
    }
}
