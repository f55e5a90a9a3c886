using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// A LINQ filter, made ready once: what asks an indexed property for one value is answered by its column, and only the rest
/// reads records.
/// </summary>
internal sealed class RowFilter<TRecord>
    where TRecord : class
{
    private readonly List<RecordFilter.Compare> _equal = [];
    private readonly Func<TRecord, bool>? _rest;
    private readonly Lazy<Func<TRecord, bool>> _whole;

    /// <summary>Outside of any lock: compiling takes long.</summary>
    /// <exception cref="InvalidOperationException">The filter asks for something that the store does not keep with a record.</exception>
    public RowFilter(Expression<Func<TRecord, bool>> filter, RecordShape shape)
    {
        new KeptProperties(filter.Parameters[0], shape).Visit(filter.Body);
        _whole = new(filter.Compile);
        Expression? rest = null;
        foreach (Expression part in Parts(filter.Body))
        {
            if (Equality(part, filter.Parameters, shape) is { } equal)
            {
                _equal.Add(equal);
            }
            else
            {
                rest = rest is null ? part : Expression.AndAlso(rest, part);
            }
        }

        _rest = rest is null ? null : Expression.Lambda<Func<TRecord, bool>>(rest, filter.Parameters).Compile();
    }

    /// <summary>The rows of a table that pass. The table's lock is held by the caller.</summary>
    public RowMask Select(InMemoryTable table)
    {
        // Who made the table may have indexed less.
        IndexedColumn?[] columns = [.. _equal.Select(compare => table.ColumnOf(compare.Property))];
        if (columns.Length == 0 || columns.Contains(null))
        {
            return Compared(table, columns.Length == 0 ? _rest! : _whole.Value);
        }

        (IndexedColumn Column, object? Value)[] equal = [.. columns.Select((column, index) => (column!, _equal[index].Value)).OrderBy(pair => pair.Item1.CountOf(pair.Value))];
        RowMask mask = equal[0].Column.Rows(equal[0].Value);
        foreach ((IndexedColumn column, object? value) in equal.AsSpan(1))
        {
            mask.Keep(row => column.Holds(row, value));
        }

        if (_rest is not null)
        {
            mask.Keep(row => _rest((TRecord)table.Records[row]!));
        }

        return mask;
    }

    private static RowMask Compared(InMemoryTable table, Func<TRecord, bool> accept)
    {
        RowMask mask = new(table.Records.Count);
        for (int row = 0; row < table.Records.Count; row++)
        {
            if (table.Records[row] is TRecord record && accept(record))
            {
                mask.Add(row);
            }
        }

        return mask;
    }

    private static IEnumerable<Expression> Parts(Expression node) =>
        node is BinaryExpression { NodeType: ExpressionType.AndAlso } and ? Parts(and.Left).Concat(Parts(and.Right)) : [node];

    private static RecordFilter.Compare? Equality(Expression part, IReadOnlyList<ParameterExpression> parameters, RecordShape shape)
    {
        if (part is not BinaryExpression { NodeType: ExpressionType.Equal } and not MemberExpression)
        {
            return null;
        }

        try
        {
            return RecordFilterReader.Read(Expression.Lambda(part, parameters), shape.Model) is RecordFilter.Compare { Operator: "==" } compare
                && shape.Indexed.Contains(compare.Property) && IndexedColumn.Takes(compare.Property, compare.Value) ? compare : null;
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException)
        {
            return null; // this store runs what others cannot say, computed properties for one
        }
    }

    // What is not kept would be compared with its default, and nobody would know.
    private sealed class KeptProperties(ParameterExpression record, RecordShape shape) : ExpressionVisitor
    {
        protected override Expression VisitMember(MemberExpression node)
        {
            if (node.Expression == record && node.Member is PropertyInfo { CanWrite: true }
                && (!shape.Model.PropertyMap.TryGetValue(node.Member.Name, out PropertyModel? property) || property is VectorPropertyModel))
            {
                throw new InvalidOperationException($"The filter uses '{node.Member.Name}', which is no key or data property of the record.");
            }

            return base.VisitMember(node);
        }
    }
}
