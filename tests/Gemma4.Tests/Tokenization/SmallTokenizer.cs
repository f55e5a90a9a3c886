using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Tokenization;

namespace Gemma4.Tests.Tokenization;

/// <summary>Makes small tokenizer files: the parts of a Gemma file over a vocabulary that a test can see whole.</summary>
internal static class SmallTokenizer
{
    /// <summary>A file with the 256 byte pieces first (id = byte), then the given pieces, then the control tokens.</summary>
    public static JsonObject Describe(string[] pieces, string[] merges, string[] controls, bool mergesAsText = false)
    {
        var vocabulary = new JsonObject();
        for (int value = 0; value < 256; value++)
        {
            vocabulary.Add($"<0x{value:X2}>", value);
        }

        foreach (string piece in pieces)
        {
            vocabulary.Add(piece, vocabulary.Count);
        }

        var added = new JsonArray();
        foreach (string control in controls)
        {
            if (!vocabulary.ContainsKey(control))
            {
                vocabulary.Add(control, vocabulary.Count);
            }

            added.Add(new JsonObject
            {
                ["id"] = vocabulary[control]!.GetValue<int>(),
                ["content"] = control,
                ["special"] = true,
            });
        }

        JsonNode[] pairs = [.. merges.Select(JsonNode (merge) =>
            mergesAsText ? JsonValue.Create(merge) : new JsonArray([.. merge.Split(' ').Select(p => (JsonNode)p)]))];
        return new JsonObject
        {
            ["added_tokens"] = added,
            ["normalizer"] = Parse("""{"type":"Replace","pattern":{"String":" "},"content":"\u2581"}"""),
            ["pre_tokenizer"] = null,
            ["decoder"] = Parse("""
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},
                {"type":"ByteFallback"},{"type":"Fuse"}]}
                """),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(pairs),
            },
        };
    }

    public static Gemma4Tokenizer Load(JsonObject file) => LoadText(file.ToJsonString());

    public static Gemma4Tokenizer LoadText(string json)
    {
        string folder = Directory.CreateTempSubdirectory("gemma4-tests-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
            return Gemma4Tokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static JsonNode Parse(string json) => JsonNode.Parse(json, null, new JsonDocumentOptions())!;
}
