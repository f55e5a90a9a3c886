using System.Text;
using System.Text.Json;
using Gemma4.Cli.Json;

namespace Gemma4.Cli.Inspect;

/// <summary>Runs an inspector over JSON lines: one answer for each line, in order, a bad line included.</summary>
internal static class JsonLines
{
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 512 };

    // U+0001 itself is never valid in JSON (and a decoder drops a NUL), so a line with bytes that are not
    // UTF-8 is a bad line and not quietly another text.
    private static readonly Encoding Utf8 =
        Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\u0001"));

    /// <summary>Reads lines in which bytes that are not UTF-8 are told as an error; skips a byte order mark.</summary>
    public static StreamReader Open(Stream bytes) => new(bytes, Utf8, detectEncodingFromByteOrderMarks: false);

    public static async Task RunAsync(
        ILineInspector inspector, TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        // A console read does not listen to the token, hence the wait around it.
        while (await Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            var answer = Answer(inspector, line, cancellationToken);
            await output.WriteAsync((answer + "\n").AsMemory(), cancellationToken).ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal static string Answer(ILineInspector inspector, string line, CancellationToken cancellationToken)
    {
        try
        {
            return JsonLine.Of(writer => Inspect(inspector, line, writer, cancellationToken));
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            return JsonLine.OfError(problem);
        }
    }

    private static void Inspect(ILineInspector inspector, string line, Utf8JsonWriter writer, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            throw new FormatException("The line is empty; a JSON object was expected.");
        }

        if (line.Contains('\u0001', StringComparison.Ordinal))
        {
            throw new FormatException("The line holds bytes that are not UTF-8, or a control character.");
        }

        using var document = JsonDocument.Parse(line, ReadOptions);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"The line holds a JSON {document.RootElement.ValueKind}; an object was expected.");
        }

        inspector.Answer(document.RootElement, writer, cancellationToken);
    }
}
