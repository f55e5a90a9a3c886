using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>The key and data of a record as a JSON object; vectors are stored apart.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The package is not marked as compatible with trimming.")]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The package is not marked as compatible with native AOT.")]
internal static class RecordJson
{
    public static void Write(Utf8JsonWriter writer, RecordShape shape, object record)
    {
        writer.WriteStartObject();
        foreach (PropertyModel property in Stored(shape))
        {
            writer.WritePropertyName(property.StorageName);
            JsonSerializer.Serialize(writer, property.GetValueAsObject(record), property.Type);
        }

        writer.WriteEndObject();
    }

    public static object Read(ref Utf8JsonReader reader, RecordShape shape, IReadOnlyDictionary<string, PropertyModel> properties)
    {
        object record = shape.New();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (properties.TryGetValue(name, out PropertyModel? property))
            {
                property.SetValueAsObject(record, JsonSerializer.Deserialize(ref reader, property.Type));
            }
            else
            {
                reader.Skip();
            }
        }

        return record;
    }

    public static string Write(RecordShape shape, object record)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            Write(writer, shape, record);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public static object Read(ReadOnlySpan<byte> json, RecordShape shape, IReadOnlyDictionary<string, PropertyModel> properties)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        return Read(ref reader, shape, properties);
    }

    public static IEnumerable<PropertyModel> Stored(RecordShape shape) => [shape.Model.KeyProperty, .. shape.Model.DataProperties];

    public static Dictionary<string, PropertyModel> ByStorageName(RecordShape shape) =>
        Stored(shape).ToDictionary(property => property.StorageName, StringComparer.Ordinal);
}
