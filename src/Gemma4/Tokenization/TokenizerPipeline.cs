using System.Text.Json;

namespace Gemma4.Tokenization;

/// <summary>Says no to every pipeline step that would make other ids or other text than this reader does.</summary>
internal static class TokenizerPipeline
{
    private const string Mark = "\u2581";

    public static void CheckNormalizer(JsonElement element, Func<string, Exception> refuse)
    {
        JsonElement step = Unwrap(element, "normalizers"u8);
        if (Type(step) != "Replace" || Pattern(step) != " " || String(step, "content"u8) != Mark)
        {
            throw refuse($"its normalizer is {Name(element)}, not 'Replace' of a space by U+2581");
        }
    }

    public static void CheckPreTokenizer(JsonElement element, Func<string, Exception> refuse)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        // After the normalizer no space is left, so this split never cuts - unless it is inverted.
        bool inverted = element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty("invert"u8, out JsonElement invert) && invert.ValueKind == JsonValueKind.True;
        if (Type(element) != "Split" || Pattern(element) != " " || inverted)
        {
            throw refuse($"its pre_tokenizer is {Name(element)}, not 'Split' on a space");
        }
    }

    public static void CheckDecoder(JsonElement element, Func<string, Exception> refuse)
    {
        bool known = Type(element) == "Sequence"
            && element.TryGetProperty("decoders"u8, out JsonElement steps)
            && steps.ValueKind == JsonValueKind.Array && steps.GetArrayLength() == 3
            && Type(steps[0]) == "Replace" && Pattern(steps[0]) == Mark && String(steps[0], "content"u8) == " "
            && Type(steps[1]) == "ByteFallback" && Type(steps[2]) == "Fuse";
        if (!known)
        {
            throw refuse(
                $"its decoder is {Name(element)}, not 'Replace' of U+2581 by a space, 'ByteFallback' and 'Fuse'");
        }
    }

    public static void CheckModelSetting(string name, JsonElement value, Func<string, Exception> refuse)
    {
        bool allowed = name switch
        {
            "type" => value.ValueKind == JsonValueKind.String && value.GetString() == "BPE",
            "dropout" => IsNullOr(value, static v => v.ValueKind == JsonValueKind.Number && v.GetDouble() == 0),
            "continuing_subword_prefix" or "end_of_word_suffix" =>
                IsNullOr(value, static v => v.ValueKind == JsonValueKind.String && v.GetString()!.Length == 0),
            "byte_fallback" => value.ValueKind == JsonValueKind.True,
            "ignore_merges" => IsNullOr(value, static v => v.ValueKind == JsonValueKind.False),

            // All 256 byte pieces are required, so the unknown token never arises.
            "unk_token" or "fuse_unk" => true,
            _ => value.ValueKind == JsonValueKind.Null,
        };
        if (!allowed)
        {
            throw refuse($"its model sets '{name}' to {value.GetRawText()}, which is not supported");
        }
    }

    private static bool IsNullOr(JsonElement value, Func<JsonElement, bool> test) =>
        value.ValueKind == JsonValueKind.Null || test(value);

    private static JsonElement Unwrap(JsonElement element, ReadOnlySpan<byte> listName) =>
        Type(element) == "Sequence" && element.TryGetProperty(listName, out JsonElement list)
        && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1
            ? list[0]
            : element;

    private static string? Type(JsonElement element) => String(element, "type"u8);

    private static string? Pattern(JsonElement element) =>
        element.TryGetProperty("pattern"u8, out JsonElement pattern) ? String(pattern, "String"u8) : null;

    private static string? String(JsonElement element, ReadOnlySpan<byte> name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Name(JsonElement element) => Type(element) is { } type ? $"'{type}' set up otherwise" : "missing";
}
