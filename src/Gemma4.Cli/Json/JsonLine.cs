using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gemma4.Cli.Json;

/// <summary>One JSON object in one line: what every command prints with <c>--json</c>.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = RawJsonEncoder.Instance };

    /// <summary>The line without its end.</summary>
    /// <param name="members">Writes the object's members.</param>
    public static string Of(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>What stands for an answer that could not be given.</summary>
    public static string OfError(Exception problem) => Of(json => json.WriteString("error", CliApplication.OneLine(problem.Message)));
}
