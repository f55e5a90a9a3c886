using System.Runtime.InteropServices;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>The values of one indexed property as numbers, so that the rows of a value are found without reading records.</summary>
internal sealed class IndexedColumn(PropertyModel property)
{
    private const int NoRow = -1;

    // A dictionary takes no null.
    private static readonly object Null = new();

    private readonly Dictionary<object, int> _codes = [];
    private readonly List<(object Value, int Rows)> _values = []; // [code]
    private readonly Stack<int> _free = [];
    private readonly List<int> _rows = []; // [row]: its value's code

    public PropertyModel Property => property;

    /// <summary>Whether the language's == on values of the property is the equality of a dictionary; not so for NaN.</summary>
    public static bool Fits(PropertyModel property)
    {
        Type type = Nullable.GetUnderlyingType(property.Type) ?? property.Type;
        return type == typeof(string) || type == typeof(Guid) || type.IsEnum || (type.IsPrimitive && type != typeof(double) && type != typeof(float));
    }

    /// <summary>Whether a value is of the property's own type, and so found by what is stored.</summary>
    public static bool Takes(PropertyModel property, object? value) => value is null || value.GetType() == (Nullable.GetUnderlyingType(property.Type) ?? property.Type);

    public void Set(int row, object record)
    {
        Remove(row);
        while (_rows.Count <= row)
        {
            _rows.Add(NoRow);
        }

        object value = property.GetValueAsObject(record) ?? Null;
        if (!_codes.TryGetValue(value, out int code))
        {
            if (!_free.TryPop(out code))
            {
                code = _values.Count;
                _values.Add(default);
            }

            _codes[value] = code;
            _values[code] = (value, 0);
        }

        _rows[row] = code;
        _values[code] = (value, _values[code].Rows + 1);
    }

    public void Remove(int row)
    {
        if (row >= _rows.Count || _rows[row] is not (>= 0 and int code))
        {
            return;
        }

        _rows[row] = NoRow;
        (object value, int rows) = _values[code];
        _values[code] = (value, rows - 1);
        if (rows == 1)
        {
            _codes.Remove(value);
            _values[code] = default;
            _free.Push(code);
        }
    }

    public int CountOf(object? value) => _codes.TryGetValue(value ?? Null, out int code) ? _values[code].Rows : 0;

    public bool Holds(int row, object? value) => _codes.TryGetValue(value ?? Null, out int code) && _rows[row] == code;

    public RowMask Rows(object? value) =>
        _codes.TryGetValue(value ?? Null, out int code) ? RowMask.Equal(CollectionsMarshal.AsSpan(_rows), code) : new RowMask(_rows.Count);
}
