using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>Writes efforts with the names that the kernel reads.</summary>
internal sealed class ReasoningEffortConverter : JsonConverter<ReasoningEffort>
{
    public static ReasoningEffort From(string text) => text.ToUpperInvariant() switch
    {
        "NONE" => ReasoningEffort.None,
        "LOW" => ReasoningEffort.Low,
        "MEDIUM" => ReasoningEffort.Medium,
        "HIGH" => ReasoningEffort.High,
        "XHIGH" or "EXTRAHIGH" => ReasoningEffort.ExtraHigh,
        _ => throw new ArgumentException($"The execution setting 'reasoning_effort' is '{text}'; it must be none, low, medium, high or xhigh."),
    };

    public override ReasoningEffort Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        From(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, ReasoningEffort value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value switch
        {
            ReasoningEffort.None => "none",
            ReasoningEffort.Low => "low",
            ReasoningEffort.Medium => "medium",
            ReasoningEffort.High => "high",
            ReasoningEffort.ExtraHigh => "xhigh",
            _ => value.ToString(),
        });
}
