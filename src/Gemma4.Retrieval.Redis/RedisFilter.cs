using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Redis;

/// <summary>Filters in the language of vector sets, and the attributes that they read.</summary>
internal static class RedisFilter
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The filter for the server; null when its language cannot say the same as C# (nulls, negation, odd characters).</summary>
    public static string? Write(RecordFilter filter) => filter switch
    {
        RecordFilter.And and => Join(and.Left, "and", and.Right),
        RecordFilter.Or or => Join(or.Left, "or", or.Right),
        RecordFilter.Compare { Operator: not "!=" } compare when IsPlain(compare.Property.StorageName) && Literal(compare.Value) is { } literal =>
            $"(.{compare.Property.StorageName} {compare.Operator} {literal})",
        RecordFilter.In { Values.Count: > 0 } some when some.Values.All(value => Literal(value) is not null) && IsPlain(some.Property.StorageName) =>
            "(" + string.Join(" or ", some.Values.Select(value => $".{some.Property.StorageName} == {Literal(value)}")) + ")",
        _ => null,
    };

    /// <summary>Strings, numbers and flags of a record; flags as 1 and 0.</summary>
    public static string Attributes(RecordShape shape, object record)
    {
        JsonObject attributes = [];
        foreach (PropertyModel property in RecordJson.Stored(shape).Where(property => property is KeyPropertyModel or DataPropertyModel { IsIndexed: true }))
        {
            attributes[property.StorageName] = property.GetValueAsObject(record) switch
            {
                string text => JsonValue.Create(text),
                bool flag => JsonValue.Create(flag ? 1 : 0),
                Enum value => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
                double or float or byte or sbyte or short or ushort or int or uint or long => JsonValue.Create(Convert.ToDouble(property.GetValueAsObject(record), CultureInfo.InvariantCulture)),
                _ => null,
            };
        }

        return attributes.ToJsonString(Json);
    }

    private static string? Join(RecordFilter left, string word, RecordFilter right) =>
        Write(left) is { } a && Write(right) is { } b ? $"({a} {word} {b})" : null;

    private static string? Literal(object? value) => value switch
    {
        string text when text.All(letter => letter is >= ' ' and <= '~' and not ('"' or '\'' or '\\')) => $"\"{text}\"",
        bool flag => flag ? "1" : "0",
        Enum number => Convert.ToInt64(number, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        byte or sbyte or short or ushort or int or uint or long or double or float => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        _ => null,
    };

    private static bool IsPlain(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
