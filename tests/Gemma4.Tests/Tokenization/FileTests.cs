using System.Text.Json.Nodes;
using Gemma4.Tokenization;
using Xunit;

namespace Gemma4.Tests.Tokenization;

public class FileTests
{
    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<FileNotFoundException>(() => Gemma4Tokenizer.Load("no/such/tokenizer.json"));

        Assert.Contains("'no/such/tokenizer.json' not found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_the_file_says_what_a_model_folder_needs()
    {
        string folder = TestData.Path("tiny");

        var error = Assert.Throws<FileNotFoundException>(() => Gemma4Tokenizer.Load(folder));

        Assert.StartsWith($"tokenizer.json not found in '{folder}'.", error.Message, StringComparison.Ordinal);
        Assert.Contains("gemma4 build", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    [InlineData("{\"added_tokens\":[],\"model\":{\"vocab\":{\"a\":0,")]
    [InlineData("{} {}")]
    public void A_file_that_is_no_whole_json_is_named(string json)
    {
        var error = Assert.Throws<InvalidDataException>(() => SmallTokenizer.LoadText(json));

        Assert.Contains("tokenizer.json' is not a whole JSON document", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused()
    {
        string json = Valid().ToJsonString();
        for (int length = 0; length < json.Length; length += 37)
        {
            string cut = json[..length];
            Assert.Throws<InvalidDataException>(() => SmallTokenizer.LoadText(cut));
        }
    }

    [Theory]
    [InlineData("[]", "does not hold a JSON object")]
    [InlineData("{}", "has no 'model'")]
    [InlineData("{\"model\":5}", "normalizer is missing")]
    public void A_file_without_the_main_parts_is_refused(string json, string fact) => Refused(json, fact);

    [Theory]
    [InlineData("vocab", "has no 'vocab'")]
    [InlineData("merges", "has no 'merges'")]
    [InlineData("byte_fallback", "byte_fallback off")]
    public void A_model_without_a_needed_part_is_refused(string part, string fact)
    {
        JsonObject file = Valid();
        file["model"]!.AsObject().Remove(part);
        Refused(file.ToJsonString(), fact);
    }

    [Theory]
    [InlineData("type", "\"Unigram\"")]
    [InlineData("dropout", "0.1")]
    [InlineData("continuing_subword_prefix", "\"##\"")]
    [InlineData("end_of_word_suffix", "\"end\"")]
    [InlineData("byte_fallback", "false")]
    [InlineData("ignore_merges", "true")]
    [InlineData("invented_setting", "1")]
    public void A_model_setting_that_changes_ids_is_refused(string name, string value)
    {
        JsonObject file = Valid();
        file["model"]![name] = SmallTokenizer.Parse(value);
        Refused(file.ToJsonString(), $"sets '{name}' to {value}");
    }

    [Theory]
    [InlineData("normalizer", "null")]
    [InlineData("normalizer", "{\"type\":\"NFC\"}")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\u2581\"},{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\u2581\"}]}")]
    [InlineData("pre_tokenizer", "{\"type\":\"ByteLevel\"}")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\" \"},\"behavior\":\"Isolated\",\"invert\":false}")]
    [InlineData("decoder", "null")]
    [InlineData("decoder", "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Fuse\"},{\"type\":\"Strip\"},{\"type\":\"Fuse\"}]}")]
    public void A_pipeline_step_that_changes_results_is_refused(string step, string value)
    {
        JsonObject file = Valid();
        file[step] = JsonNode.Parse(value);
        Refused(file.ToJsonString(), $"its {step} is ");
    }

    [Theory]
    [InlineData("special", "false", "'<x>' is not special")]
    [InlineData("lstrip", "true", "'<x>' sets single_word")]
    [InlineData("normalized", "true", "'<x>' sets single_word")]
    [InlineData("id", "3", "'<x>' has id 3, which is taken")]
    [InlineData("content", "\"\"", "no id or no content")]
    public void An_added_token_that_would_match_otherwise_is_refused(string name, string value, string fact)
    {
        JsonObject file = Valid();
        file["added_tokens"]![0]![name] = SmallTokenizer.Parse(value);
        Refused(file.ToJsonString(), fact);
    }

    [Theory]
    [InlineData("[\"a\",\"q\"]", "merge 1 names 'q'")]
    [InlineData("[\"b\",\"a\"]", "merge 1 names 'ba'")]
    [InlineData("\"ab\"", "merge 1 is not two pieces")]
    [InlineData("\"a b a\"", "merge 1 is not two pieces")]
    [InlineData("[\"a\",\"b\",\"a\"]", "merge 1 is not a pair")]
    [InlineData("5", "neither a pair of strings nor a string")]
    [InlineData("[\"a\",5]", "neither a pair of strings nor a string")]
    public void A_bad_merge_is_named(string merge, string fact)
    {
        JsonObject file = Valid();
        file["model"]!["merges"]!.AsArray().Add(JsonNode.Parse(merge));
        Refused(file.ToJsonString(), fact);
    }

    [Theory]
    [InlineData("z", 3, "its id 3 appears twice")]
    [InlineData("z", 9_999_999, "out of range")]
    [InlineData("z", 400, "ids must have no gaps")]
    public void A_bad_vocabulary_entry_is_named(string piece, int id, string fact)
    {
        JsonObject file = Valid();
        file["model"]!["vocab"]![piece] = id;
        Refused(file.ToJsonString(), fact);
    }

    [Fact]
    public void A_vocabulary_without_a_byte_piece_is_refused()
    {
        JsonObject file = Valid();
        JsonObject vocabulary = file["model"]!["vocab"]!.AsObject();
        vocabulary.Remove("<0x41>");
        Refused(file.ToJsonString(), "lacks the byte piece <0x41>");
    }

    [Fact]
    public void A_wrong_type_is_refused()
    {
        JsonObject file = Valid();
        file["model"]!["vocab"]!["z"] = "text";
        Refused(file.ToJsonString(), "a value has the wrong type");
    }

    [Fact]
    public void The_order_of_the_sections_does_not_matter()
    {
        JsonObject file = Valid();
        var reversed = new JsonObject();
        foreach ((string name, JsonNode? value) in file.Reverse())
        {
            reversed[name] = name == "model"
                ? new JsonObject(value!.AsObject().Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())))
                : value?.DeepClone();
        }

        Gemma4Tokenizer tokenizer = SmallTokenizer.LoadText("\ufeff" + reversed.ToJsonString());

        Assert.Equal(SmallTokenizer.Load(file).EncodeTemplate("ab<x>"), tokenizer.EncodeTemplate("ab<x>"));
        Assert.Equal([258, 259], tokenizer.EncodeTemplate("ab<x>"));
    }

    private static JsonObject Valid() => SmallTokenizer.Describe(["a", "b", "ab"], ["a b"], ["<x>"]);

    private static void Refused(string json, string fact)
    {
        var error = Assert.Throws<InvalidDataException>(() => SmallTokenizer.LoadText(json));

        Assert.Contains(fact, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json'", error.Message, StringComparison.Ordinal);
    }
}
