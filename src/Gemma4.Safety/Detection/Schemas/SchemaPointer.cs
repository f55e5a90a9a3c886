using System.Globalization;
using System.Text.Json;

namespace Gemma4.Safety.Detection.Schemas;

/// <summary>Places within a schema document, as JSON pointers behind a <c>#</c>.</summary>
internal static class SchemaPointer
{
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <exception cref="NotSupportedException">The reference leaves the document or names an anchor.</exception>
    public static string Normalise(string reference, string at)
    {
        var pointer = Uri.UnescapeDataString(reference);
        return pointer == "#" || pointer.StartsWith("#/", StringComparison.Ordinal)
            ? pointer
            : throw new NotSupportedException($"The JSON schema refers to '{reference}' at '{at}'. Only references within the document that begin with '#/' are followed.");
    }

    /// <exception cref="ArgumentException">There is nothing at that place.</exception>
    public static JsonElement Find(JsonElement document, string pointer)
    {
        var place = document;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            place = place.ValueKind switch
            {
                JsonValueKind.Object when place.TryGetProperty(name, out var member) => member,
                JsonValueKind.Array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < place.GetArrayLength() => place[index],
                _ => throw new ArgumentException($"The JSON schema refers to '{pointer}', which does not exist in it."),
            };
        }

        return place;
    }
}
