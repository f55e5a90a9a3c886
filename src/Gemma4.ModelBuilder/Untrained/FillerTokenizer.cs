using System.Globalization;
using System.Text.Json;

namespace Gemma4.ModelBuilder.Untrained;

/// <summary>
/// A tokenizer with Gemma 4's control tokens and byte pieces at their ids, the characters of ASCII, and invented words
/// everywhere else. It has no merges: a text becomes one token a character, while generated ids decode to words.
/// </summary>
internal static class FillerTokenizer
{
    public const int ImageId = 258_880;
    public const int AudioId = 258_881;
    public const int VideoId = 258_884;

    private const int LineBreakId = 107;
    private const int FirstByteId = 238;
    private const int FirstCharacterId = FirstByteId + 256;
    private const string WordMark = "\u2581"; // stands for the space before a word
    private const string Consonants = "bcdfghjklmnprstvwxyz";
    private const string Vowels = "aeiou";

    private static readonly (int Id, string Text)[] Controls =
    [
        (0, "<pad>"), (1, "<eos>"), (2, "<bos>"), (3, "<unk>"), (4, "<mask>"),
        (46, "<|tool>"), (47, "<tool|>"), (48, "<|tool_call>"), (49, "<tool_call|>"),
        (50, "<|tool_response>"), (51, "<tool_response|>"), (52, "<|\"|>"), (98, "<|think|>"),
        (100, "<|channel>"), (101, "<channel|>"), (105, "<|turn>"), (106, "<turn|>"),
        (255_999, "<|image>"), (256_000, "<|audio>"), (ImageId, "<|image|>"), (AudioId, "<|audio|>"),
        (258_882, "<image|>"), (258_883, "<audio|>"), (VideoId, "<|video|>"),
    ];

    /// <summary>Writes the fields of tokenizer.json.</summary>
    public static void Write(Utf8JsonWriter json, int vocabularySize)
    {
        json.WriteString("version", "1.0");
        WriteControls(json, vocabularySize);
        json.WriteStartObject("normalizer");
        WriteReplace(json, " ", WordMark);
        json.WriteEndObject();
        json.WriteNull("pre_tokenizer");
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        json.WriteStartObject();
        WriteReplace(json, WordMark, " ");
        json.WriteEndObject();
        WriteStep(json, "ByteFallback");
        WriteStep(json, "Fuse");
        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", "<unk>");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        WriteVocabulary(json, vocabularySize);
        json.WriteStartArray("merges");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteControls(Utf8JsonWriter json, int vocabularySize)
    {
        json.WriteStartArray("added_tokens");
        foreach (var (id, text) in Controls.Where(control => control.Id < vocabularySize))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", text);
            foreach (var setting in new[] { "single_word", "lstrip", "rstrip", "normalized" })
            {
                json.WriteBoolean(setting, false);
            }

            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteReplace(Utf8JsonWriter json, string from, string to)
    {
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString("String", from);
        json.WriteEndObject();
        json.WriteString("content", to);
    }

    private static void WriteStep(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    private static void WriteVocabulary(Utf8JsonWriter json, int vocabularySize)
    {
        var pieces = Controls.ToDictionary(control => control.Id, control => control.Text);
        pieces.Add(LineBreakId, "\n");
        for (var value = 0; value < 256; value++)
        {
            pieces.Add(FirstByteId + value, string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));
        }

        var next = FirstCharacterId;
        pieces.Add(next++, WordMark);
        for (var character = '!'; character <= '~'; character++)
        {
            pieces.Add(next++, character.ToString());
        }

        json.WriteStartObject("vocab");
        for (var id = 0; id < vocabularySize; id++)
        {
            json.WriteNumber(pieces.GetValueOrDefault(id) ?? Word(id), id);
        }

        json.WriteEndObject();
    }

    /// <summary>Three syllables spell a number up to a million.</summary>
    private static string Word(int id)
    {
        var syllables = Consonants.Length * Vowels.Length;
        Span<char> letters = stackalloc char[6];
        for (var i = 4; i >= 0; i -= 2)
        {
            var (consonant, vowel) = Math.DivRem(id % syllables, Vowels.Length);
            letters[i] = Consonants[consonant];
            letters[i + 1] = Vowels[vowel];
            id /= syllables;
        }

        return WordMark + letters.ToString();
    }
}
