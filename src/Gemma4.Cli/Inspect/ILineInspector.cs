using System.Text.Json;

namespace Gemma4.Cli.Inspect;

/// <summary>Answers one JSON line with the members of one JSON object.</summary>
internal interface ILineInspector
{
    /// <exception cref="Exception">The line cannot be answered; the message says why.</exception>
    void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken);
}
