using System.Text.Json;
using Gemma4.Tokenization;
using Xunit;

namespace Gemma4.Tests.Tokenization;

public class GoldenTests
{
    [Fact]
    public void Every_text_of_the_corpus_gives_the_reference_ids() =>
        Check(RealTokenizer.Instance, Read("goldens", "tokenizer-corpus.json").GetProperty("cases"), "text", 1361);

    [Fact]
    public void Every_published_sequence_is_met() =>
        Check(RealTokenizer.Instance, Read("goldens", "tokenizer.json").GetProperty("published"), "input", 37);

    [Fact]
    public void Every_computed_sequence_is_met() =>
        Check(RealTokenizer.Instance, Read("goldens", "tokenizer.json").GetProperty("computed"), "input", 20);

    [Fact]
    public void The_nano_tokenizer_gives_its_reference_ids() =>
        Check(
            Gemma4Tokenizer.Load(TestData.Path("nano", "tokenizer.json")),
            Read("nano", "reference.json").GetProperty("tokenizer"),
            "text",
            14);

    [Fact]
    public void The_nano_prompts_and_answers_agree_with_their_reference()
    {
        Gemma4Tokenizer nano = Gemma4Tokenizer.Load(TestData.Path("nano"));
        JsonElement prompts = Read("nano", "reference.json").GetProperty("prompts");
        Check(nano, prompts, "text", 24);
        foreach (JsonElement prompt in prompts.EnumerateArray())
        {
            Assert.Equal(prompt.GetProperty("greedy_text").GetString(), nano.Decode(Ids(prompt, "greedy_ids")));
        }
    }

    [Fact]
    public void The_tiny_tokenizer_gives_its_reference_ids() =>
        Check(
            Gemma4Tokenizer.Load(TestData.Path("tiny", "e2b")),
            Read("tiny", "e2b", "reference.json").GetProperty("tokenizer_cases"),
            "text",
            8);

    [Fact]
    public void The_control_tokens_have_the_published_ids()
    {
        JsonElement about = Read("goldens", "tokenizer.json").GetProperty("about");
        int seen = 0;
        foreach (string group in (string[])["controlTokens", "base"])
        {
            foreach (JsonProperty token in about.GetProperty(group).EnumerateObject())
            {
                Assert.True(RealTokenizer.Instance.TryGetControlId(token.Name, out int id), token.Name);
                Assert.Equal(token.Value.GetInt32(), id);
                Assert.True(RealTokenizer.Instance.IsControl(id));
                Assert.Equal(token.Name, RealTokenizer.Instance.GetControlText(id));
                seen++;
            }
        }

        Assert.Equal(24, seen);
        Assert.Equal(262_144, RealTokenizer.Instance.VocabularySize);
    }

    [Fact]
    public void Decoding_the_corpus_gives_the_texts_back()
    {
        foreach (JsonElement item in Read("goldens", "tokenizer-corpus.json").GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;

            // A literal U+2581 means a space to the vocabulary and cannot survive.
            Assert.Equal(text.Replace('\u2581', ' '), RealTokenizer.Instance.Decode(Ids(item, "ids")));
        }
    }

    private static void Check(Gemma4Tokenizer tokenizer, JsonElement cases, string textName, int expectedCount)
    {
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement item in cases.EnumerateArray())
        {
            string text = item.GetProperty(textName).GetString()!;
            int[] expected = Ids(item, "ids");
            int[] actual = IsPlain(item) ? tokenizer.EncodeText(text) : tokenizer.EncodeTemplate(text);
            count++;
            if (!expected.AsSpan().SequenceEqual(actual))
            {
                wrong.Add($"{text}: expected {string.Join(',', expected)}, got {string.Join(',', actual)}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(expectedCount, count);
    }

    /// <summary>Whether the reference was made with the matching of control tokens off.</summary>
    private static bool IsPlain(JsonElement item) =>
        (item.TryGetProperty("control_tokens", out JsonElement matched) && !matched.GetBoolean())
        || (item.TryGetProperty("name", out JsonElement name) && name.GetString() == "trap:literal-control-as-text");

    private static int[] Ids(JsonElement item, string name) =>
        [.. item.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static JsonElement Read(params string[] parts)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestData.Path(parts)));
        return document.RootElement.Clone();
    }
}
