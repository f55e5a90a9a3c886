using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gemma4.Parsing;

/// <summary>Reads one call's text (what stands between the call's control tokens) into a name and arguments.</summary>
/// <remarks>
/// Deviations seen from the published models are repaired only where the text or the declared tools are evidence
/// for the repair; anything else is an error, so that no function runs on a guess.
/// </remarks>
internal sealed class ToolCallReader
{
    /// <summary>Stands for the string delimiter token in a call's text; a noncharacter, which text never holds.</summary>
    public const char Delimiter = '\uFFFF';

    public const string CallPrefix = "call:";

    private const int ExcerptLength = 40;
    private const int MaxReportedName = 256;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 2 * ArgumentScanner.MaxDepth,
    };

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 2 * ArgumentScanner.MaxDepth };

    private readonly DeclaredTools _tools;

    public ToolCallReader(DeclaredTools tools)
    {
        _tools = tools;
    }

    public static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';

    public static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or ':' or '/';

    /// <summary>
    /// Reads the call that begins at <paramref name="start"/>; <paramref name="isClosed"/> says that the model closed
    /// it itself, so nothing is missing from its end.
    /// </summary>
    public ToolCallReading Read(string text, int start = 0, bool isClosed = true)
    {
        var position = SkipOpening(text, start);
        var nameEnd = EndOfName(text, position);
        var name = text[position..nameEnd].TrimEnd(':');
        if (name.Length == 0)
        {
            return Unreadable(ToolCallReading.UnknownName, $"a function name was expected at '{Excerpt(text, position)}'", text);
        }

        position = nameEnd;
        name = _tools.Resolve(name);
        position = SkipWhiteSpace(text, position);
        if (position == text.Length && isClosed && _tools.Contains(name))
        {
            return new ToolCallReading(name, new Dictionary<string, object?>(StringComparer.Ordinal), null, position, false, false);
        }

        if (position == text.Length || text[position] is not ('{' or '('))
        {
            return Unreadable(name, $"'{{' was expected after the name, at '{Excerpt(text, position)}'", text);
        }

        return ReadArguments(text, position, name);
    }

    /// <summary>The name alone, or <see cref="ToolCallReading.UnknownName"/>.</summary>
    public string ReadName(string text)
    {
        var start = SkipOpening(text, 0);
        var name = text[start..EndOfName(text, start)].TrimEnd(':');
        return name.Length == 0 || name.Length > MaxReportedName ? ToolCallReading.UnknownName : _tools.Resolve(name);
    }

    /// <summary>The text from a place on, short enough for a message and with the delimiter spelled out.</summary>
    public static string Excerpt(string text, int start)
    {
        var rest = text.AsSpan(start);
        var cut = rest.Length > ExcerptLength ? string.Concat(rest[..ExcerptLength], "...") : rest.ToString();
        return SpellDelimiters(cut);
    }

    public static string SpellDelimiters(string text) => text.Replace(Delimiter.ToString(), "<|\"|>", StringComparison.Ordinal);

    private ToolCallReading ReadArguments(string text, int opening, string name)
    {
        var scanner = new ArgumentScanner(text, opening);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            if (!scanner.ReadAll(writer, _tools.SchemaOf(name)))
            {
                return Unreadable(name, scanner.Error!, text);
            }
        }

        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(buffer.WrittenSpan, ReaderOptions);
        foreach (var member in JsonElement.ParseValue(ref reader).EnumerateObject())
        {
            arguments[member.Name] = member.Value.ValueKind == JsonValueKind.Null ? null : member.Value;
        }

        return new ToolCallReading(name, arguments, null, scanner.Position, scanner.IsCutOff, scanner.UsedRawText);
    }

    private static ToolCallReading Unreadable(string name, string reason, string text) =>
        new(name, null, reason, text.Length, false, false);

    private static int SkipOpening(string text, int start)
    {
        var position = SkipWhiteSpace(text, start);
        if (text.AsSpan(position).StartsWith(CallPrefix, StringComparison.Ordinal))
        {
            position += CallPrefix.Length;
        }
        else if (position < text.Length && text[position] is ':' or '-')
        {
            position++;
        }

        return SkipWhiteSpace(text, position);
    }

    private static int EndOfName(string text, int start)
    {
        var end = start;
        while (end < text.Length && (end == start ? IsNameStart(text[end]) : IsNamePart(text[end])))
        {
            end++;
        }

        return end;
    }

    private static int SkipWhiteSpace(string text, int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        return position;
    }
}
