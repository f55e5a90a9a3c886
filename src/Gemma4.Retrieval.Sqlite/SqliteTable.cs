using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Gemma4.Retrieval.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>The SQL of one collection: a column per property, vectors as blobs, and a keyword table of analysed terms.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The package is not marked as compatible with trimming.")]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The package is not marked as compatible with native AOT.")]
internal sealed class SqliteTable(string name, RecordShape shape)
{
    /// <summary>The row's number, which joins the two tables.</summary>
    public const string Id = "\"$id\"";

    public RecordShape Shape => shape;

    public string Name { get; } = NameOf(name);

    public string Keywords { get; } = KeywordsOf(name);

    public static string NameOf(string collection) => Quote("c$" + collection);

    public static string KeywordsOf(string collection) => Quote("k$" + collection);

    /// <summary>Key and data columns, in the order in which <see cref="ReadRecord"/> expects them.</summary>
    public string DataColumns => string.Join(", ", RecordJson.Stored(shape).Select(Column));

    public string CreateStatement
    {
        get
        {
            IEnumerable<string> columns = shape.Model.DataProperties.Select(Column).Concat(shape.Model.VectorProperties.Select(property => Column(property) + " BLOB"));
            string create = $"CREATE TABLE IF NOT EXISTS {Name}({Id} INTEGER PRIMARY KEY, {string.Join(", ", columns.Prepend(Column(shape.Model.KeyProperty) + " NOT NULL UNIQUE"))})";
            foreach (DataPropertyModel property in shape.Model.DataProperties.Where(property => property.IsIndexed))
            {
                create += $"; CREATE INDEX IF NOT EXISTS {Quote($"i${name}${property.StorageName}")} ON {Name}({Column(property)})";
            }

            // Text is analysed before it is stored, so SQLite's own tokenizer only parts the terms.
            return shape.FullText.Count == 0 ? create
                : $"{create}; CREATE VIRTUAL TABLE IF NOT EXISTS {Keywords} USING fts5({string.Join(", ", shape.FullText.Select(Column))}, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')";
        }
    }

    public string UpsertStatement
    {
        get
        {
            string[] columns = [.. RecordJson.Stored(shape).Concat(shape.Model.VectorProperties).Select(Column)];
            string values = string.Join(", ", columns.Select((_, index) => Parameter(index)));
            string updates = string.Join(", ", columns.Select(column => $"{column} = excluded.{column}"));
            return $"INSERT INTO {Name}({string.Join(", ", columns)}) VALUES ({values}) ON CONFLICT({Column(shape.Model.KeyProperty)}) DO UPDATE SET {updates} RETURNING {Id}";
        }
    }

    public static string Parameter(int index) => "$p" + index.ToString(CultureInfo.InvariantCulture);

    public static string Column(PropertyModel property) => Quote(property.StorageName);

    /// <summary>Key and data from a row, starting at a column.</summary>
    public object ReadRecord(SqliteDataReader reader, int column)
    {
        object record = shape.New();
        foreach (PropertyModel property in RecordJson.Stored(shape))
        {
            property.SetValueAsObject(record, FromSql(reader.GetValue(column++), property.Type));
        }

        return record;
    }

    /// <summary>Numbers, strings and flags as such; anything else as JSON.</summary>
    public static object ToSql(object? value) => value switch
    {
        null => DBNull.Value,
        string text => text,
        bool flag => flag ? 1L : 0L,
        Enum or byte or sbyte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        float or double => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(value, value.GetType()),
    };

    /// <summary>Adds the condition of a filter and its values to a command.</summary>
    public static string Where(RecordFilter filter, SqliteCommand command) => filter switch
    {
        RecordFilter.And and => $"({Where(and.Left, command)} AND {Where(and.Right, command)})",
        RecordFilter.Or or => $"({Where(or.Left, command)} OR {Where(or.Right, command)})",
        RecordFilter.Not not => $"NOT {Where(not.Inner, command)}",
        // IS and COALESCE: a comparison with null is true or false, as it is in C#.
        RecordFilter.Compare { Operator: "==" } equal => $"({Column(equal.Property)} IS {Bind(equal.Value, command)})",
        RecordFilter.Compare { Operator: "!=" } unequal => $"({Column(unequal.Property)} IS NOT {Bind(unequal.Value, command)})",
        RecordFilter.Compare compare => IsOrdered(compare.Property)
            ? $"COALESCE({Column(compare.Property)} {compare.Operator} {Bind(compare.Value, command)}, 0)"
            : throw new NotSupportedException($"'{compare.Property.ModelName}' is a {compare.Property.Type.Name}; this store orders numbers and strings only."),
        RecordFilter.In { Values.Count: 0 } => "0",
        RecordFilter.In some => "(" + string.Join(" OR ", some.Values.Select(value => $"{Column(some.Property)} IS {Bind(value, command)}")) + ")",
        _ => throw new NotSupportedException("The filter cannot be translated."),
    };

    private static string Bind(object? value, SqliteCommand command)
    {
        string parameter = "$f" + command.Parameters.Count.ToString(CultureInfo.InvariantCulture);
        command.Parameters.AddWithValue(parameter, ToSql(value));
        return parameter;
    }

    private static bool IsOrdered(PropertyModel property)
    {
        Type type = Nullable.GetUnderlyingType(property.Type) ?? property.Type;
        return type == typeof(string) || (type.IsPrimitive && type != typeof(char)) || type.IsEnum;
    }

    private static object? FromSql(object value, Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            DBNull => null,
            string text when plain == typeof(string) => text,
            string json => JsonSerializer.Deserialize(json, type),
            _ when plain.IsEnum => Enum.ToObject(plain, value),
            _ when plain == typeof(ulong) => Convert.ToUInt64(value, CultureInfo.InvariantCulture),
            _ => Convert.ChangeType(value, plain, CultureInfo.InvariantCulture),
        };
    }

    private static string Quote(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
