using System.Text.Json;
using Gemma4.Tokenization;

namespace Gemma4.Cli.Inspect;

/// <summary><c>{"text","control"}</c> to <c>{"ids"}</c>.</summary>
internal sealed class TokensInspector(Gemma4Tokenizer tokenizer) : ILineInspector
{
    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var text = line.RequiredText("text");
        answer.WriteIds("ids", line.Flag("control") ? tokenizer.EncodeTemplate(text) : tokenizer.EncodeText(text));
    }
}
