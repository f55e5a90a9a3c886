using System.Text.Json;
using Gemma4.Tokenization;

namespace Gemma4.Cli.Inspect;

/// <summary><c>{"ids"}</c> to <c>{"text"}</c>, control tokens spelled out.</summary>
internal sealed class DecodeInspector(Gemma4Tokenizer tokenizer) : ILineInspector
{
    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken) =>
        answer.WriteString("text", tokenizer.Decode(line.RequiredIds("ids", tokenizer.VocabularySize)));
}
