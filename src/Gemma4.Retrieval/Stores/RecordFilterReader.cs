using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>Reads a LINQ filter: comparisons of properties with values, Contains on a collection of values, and, or, not.</summary>
internal sealed class RecordFilterReader
{
    private readonly CollectionModel _model;
    private readonly ParameterExpression _record;

    private RecordFilterReader(CollectionModel model, ParameterExpression record)
    {
        _model = model;
        _record = record;
    }

    /// <exception cref="NotSupportedException">The filter holds something else.</exception>
    public static RecordFilter Read(LambdaExpression filter, CollectionModel model) => new RecordFilterReader(model, filter.Parameters[0]).Read(filter.Body);

    private RecordFilter Read(Expression node) => node switch
    {
        BinaryExpression { NodeType: ExpressionType.AndAlso } and => new RecordFilter.And(Read(and.Left), Read(and.Right)),
        BinaryExpression { NodeType: ExpressionType.OrElse } or => new RecordFilter.Or(Read(or.Left), Read(or.Right)),
        UnaryExpression { NodeType: ExpressionType.Not } not => new RecordFilter.Not(Read(not.Operand)),
        BinaryExpression comparison when Operator(comparison.NodeType) is { } symbol => Compare(comparison, symbol),
        MethodCallExpression { Method.Name: "Contains" } call => Contains(call),
        UnaryExpression { NodeType: ExpressionType.Convert } convert when convert.Type == typeof(bool) && Property(convert) is null => Read(convert.Operand),
        _ when node.Type == typeof(bool) && Property(node) is { } flag => new RecordFilter.Compare(flag, "==", true),
        _ when !UsesRecord(node) && Value(node) is bool constant => Constant(constant),
        _ => throw Unsupported(node),
    };

    private RecordFilter.Compare Compare(BinaryExpression node, string symbol)
    {
        if (Property(node.Left) is { } left && !UsesRecord(node.Right))
        {
            return new RecordFilter.Compare(left, symbol, Typed(left, Value(node.Right)));
        }

        return Property(node.Right) is { } right && !UsesRecord(node.Left)
            ? new RecordFilter.Compare(right, Mirrored(symbol), Typed(right, Value(node.Left)))
            : throw Unsupported(node);
    }

    private RecordFilter.In Contains(MethodCallExpression call)
    {
        (Expression? values, Expression? item) = (call.Object, call.Arguments) switch
        {
            ({ } list, [var value]) when list.Type != typeof(string) => (list, value),
            (null, [var list, var value]) => (list, value),
            (null, [var list, var value, _]) => (list, value), // the span form with a comparer that is null
            _ => (null, null),
        };

        // The compiler prefers spans: an array is converted first.
        while (values is MethodCallExpression { Method.Name: "op_Implicit" } conversion)
        {
            values = conversion.Arguments[0];
        }

        return values is not null && item is not null && !UsesRecord(values) && Property(item) is { } property && Value(values) is IEnumerable all
            ? new RecordFilter.In(property, [.. all.Cast<object?>().Select(value => Typed(property, value))])
            : throw Unsupported(call);
    }

    // r.Name, (T)r.Name, (T)r["Name"]
    private PropertyModel? Property(Expression node)
    {
        while (node is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } convert)
        {
            node = convert.Operand;
        }

        string? name = node switch
        {
            MemberExpression member when member.Expression == _record => member.Member.Name,
            MemberExpression { Member.Name: "Value", Expression: MemberExpression inner } nullable
                when Nullable.GetUnderlyingType(nullable.Expression!.Type) is not null && inner.Expression == _record => inner.Member.Name,
            MethodCallExpression { Method.Name: "get_Item", Arguments: [var key] } call when call.Object == _record && !UsesRecord(key) => Value(key) as string,
            _ => null,
        };
        return name is null ? null
            : _model.PropertyMap.TryGetValue(name, out PropertyModel? property) && property is not VectorPropertyModel ? property
            : throw new InvalidOperationException($"The filter uses '{name}', which is no key or data property of the record.");
    }

    // The compiler compares an enumeration or a short as int; the store holds the property's own type.
    private static object? Typed(PropertyModel property, object? value)
    {
        Type type = Nullable.GetUnderlyingType(property.Type) ?? property.Type;
        return value is null || type.IsInstanceOfType(value) ? value
            : type.IsEnum ? Enum.ToObject(type, value)
            : value is IConvertible && typeof(IConvertible).IsAssignableFrom(type) && type != typeof(string) && value is not string
                && !(type.IsPrimitive && type != typeof(double) && type != typeof(float) && value is double or float or decimal or long or ulong)
                ? Convert.ChangeType(value, type, System.Globalization.CultureInfo.InvariantCulture)
            : value;
    }

    private static object? Value(Expression node) => node switch
    {
        ConstantExpression constant => constant.Value,
        // A captured variable, the usual case: reading it is a hundred times quicker than compiling the reading.
        MemberExpression { Expression: ConstantExpression closure, Member: FieldInfo field } => field.GetValue(closure.Value),
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(node, typeof(object))).Compile(preferInterpretation: true)(),
    };

    private static bool UsesRecord(Expression node)
    {
        ParameterFinder finder = new();
        finder.Visit(node);
        return finder.Found;
    }

    private RecordFilter Constant(bool value)
    {
        RecordFilter.In none = new(_model.KeyProperty, []);
        return value ? new RecordFilter.Not(none) : none;
    }

    private static string? Operator(ExpressionType type) => type switch
    {
        ExpressionType.Equal => "==",
        ExpressionType.NotEqual => "!=",
        ExpressionType.LessThan => "<",
        ExpressionType.LessThanOrEqual => "<=",
        ExpressionType.GreaterThan => ">",
        ExpressionType.GreaterThanOrEqual => ">=",
        _ => null,
    };

    private static string Mirrored(string symbol) => symbol switch
    {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        _ => symbol,
    };

    private static NotSupportedException Unsupported(Expression node) => new(
        $"The filter part '{node}' cannot be translated. Use comparisons of a property with a value, a collection's Contains, &&, || and !.");

    private sealed class ParameterFinder : ExpressionVisitor
    {
        public bool Found { get; private set; }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            Found = true;
            return node;
        }
    }
}
