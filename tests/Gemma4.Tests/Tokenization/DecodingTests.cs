using System.Text;
using Gemma4.Tokenization;
using Xunit;

namespace Gemma4.Tests.Tokenization;

public class DecodingTests
{
    /// <summary>Ids 0 to 255 are the bytes.</summary>
    private static readonly Gemma4Tokenizer Small = SmallTokenizer.Load(
        SmallTokenizer.Describe(["a", "\u2581b", "😀", "é"], [], ["<|x|>"]));

    [Fact]
    public void Spaces_are_kept_at_both_ends()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;

        Assert.Equal("  a \n ", tokenizer.Decode(tokenizer.EncodeText("  a \n ")));
    }

    [Fact]
    public void Control_tokens_are_spelled_out()
    {
        Assert.Equal("<bos><|turn>user\n", RealTokenizer.Instance.Decode([2, 105, 2364, 107]));
        Assert.Equal("<|x|>", Small.CreateDetokenizer().Append(260));
    }

    [Fact]
    public void Byte_tokens_are_joined_into_characters()
    {
        Assert.Equal("€a😀", Small.Decode([0xE2, 0x82, 0xAC, 256, 0xF0, 0x9F, 0x98, 0x80]));
    }

    [Fact]
    public void A_stream_hands_out_whole_characters_only()
    {
        StreamingDetokenizer stream = Small.CreateDetokenizer();

        Assert.Equal(["", "", "", "😀", " b", "😀", "", "é"], Feed(stream, 0xF0, 0x9F, 0x98, 0x80, 257, 258, 0xC3, 0xA9));
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void A_broken_character_costs_one_replacement_and_no_neighbour()
    {
        StreamingDetokenizer stream = Small.CreateDetokenizer();

        Assert.Equal(["", "", "\ufffda", "\ufffd", "", "\ufffd<|x|>", ""], Feed(stream, 0xE2, 0x82, 256, 0x80, 0xF0, 260, 0xE2));
        Assert.Equal("\ufffd", stream.Flush());
        Assert.Equal("a", stream.Append(256));
        Assert.Equal("\ufffda\ufffd\ufffd<|x|>\ufffd", Small.Decode([0xE2, 0x82, 256, 0x80, 0xF0, 260, 0xE2]));
    }

    [Fact]
    public void The_stream_joined_equals_the_whole()
    {
        var random = new Random(13);
        Gemma4Tokenizer real = RealTokenizer.Instance;
        for (int round = 0; round < 4_000; round++)
        {
            Gemma4Tokenizer tokenizer = round % 2 == 0 ? Small : real;

            // 238 to 493 are the byte pieces of the real vocabulary: make them as common as they are tricky.
            int[] ids = [.. Enumerable.Range(0, random.Next(0, 60)).Select(_ =>
                tokenizer == Small ? random.Next(261) : random.Next(3) == 0 ? random.Next(262_144) : random.Next(238, 494))];
            var joined = new StringBuilder();
            StreamingDetokenizer stream = tokenizer.CreateDetokenizer();
            foreach (int id in ids)
            {
                string text = stream.Append(id);
                Assert.False(text.Length > 0 && char.IsHighSurrogate(text[^1]));
                joined.Append(text);
            }

            joined.Append(stream.Flush());
            Assert.Equal(tokenizer.Decode(ids), joined.ToString());
        }
    }

    [Fact]
    public void Every_id_of_the_real_vocabulary_decodes_alone()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;
        int empty = 0;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            empty += tokenizer.Decode([id]).Length == 0 ? 1 : 0;
        }

        Assert.Equal(0, empty);
        Assert.Equal("A", tokenizer.Decode([238 + 'A']));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(261)]
    public void An_id_outside_the_vocabulary_is_named(int id)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Small.Decode([256, id]));

        Assert.Contains($"Token id {id} is not in the vocabulary, which has ids 0 to 260", error.Message, StringComparison.Ordinal);
        Assert.False(Small.IsControl(id));
        Assert.Throws<ArgumentException>(() => Small.GetControlText(id));
        Assert.False(Small.TryGetControlId("a", out _));
    }

    private static string[] Feed(StreamingDetokenizer stream, params int[] ids) => [.. ids.Select(stream.Append)];
}
