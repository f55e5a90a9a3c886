using System.Diagnostics;
using System.Text;
using Gemma4.Tokenization;
using Xunit;

namespace Gemma4.Tests.Tokenization;

public class EncodingTests
{
    private static readonly string[] Alphabet =
        ["a", "b", "<", ">", "</", "> </", "\n", "\n\n", " ", "  ", "\u2581", "é", "日本", "😀", "the", " table", "\t", "\0", "\ud800", "\udc00", "<|turn>", "0", "\r\n"];

    [Fact]
    public void Text_that_spells_a_control_token_stays_text()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;

        Assert.Equal([236820, 236909, 887, 236813], tokenizer.EncodeText("<|turn>"));
        Assert.Equal([105], tokenizer.EncodeTemplate("<|turn>"));
    }

    [Fact]
    public void Random_text_never_gives_a_control_token()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;
        string[] controls = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsControl).Select(tokenizer.GetControlText)];
        var random = new Random(7);
        Assert.Equal(24, controls.Length);
        for (int round = 0; round < 2_000; round++)
        {
            string text = RandomText(random, [.. controls, .. Alphabet]);
            Assert.DoesNotContain(tokenizer.EncodeText(text), tokenizer.IsControl);
        }
    }

    [Fact]
    public void Merges_that_would_spell_a_control_token_are_never_made()
    {
        // A file may hold the control strings as ordinary pieces with merges that lead to them, even one character.
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(
            ["<", "x", ">", "<x", "<x>", "!"], ["< x", "<x >"], ["<x>", "!"]));

        Assert.Equal([259, 258], tokenizer.EncodeText("<x>"));
        Assert.Equal(['!'], tokenizer.EncodeText("!"));
        Assert.Equal([260, 261], tokenizer.EncodeTemplate("<x>!"));
    }

    [Fact]
    public void Of_overlapping_control_tokens_the_leftmost_then_the_longest_counts()
    {
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(["x"], [], ["<a", "<a>", "a>b", ">b"]));

        Assert.Equal([258], tokenizer.EncodeTemplate("<a>"));
        Assert.Equal([256, 258, 260, 257], tokenizer.EncodeTemplate("x<a>>b<a"));
        Assert.Equal([258, 'b'], tokenizer.EncodeTemplate("<a>b"));
    }

    [Fact]
    public void The_lowest_rank_merges_first_and_the_leftmost_of_equals()
    {
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(
            ["a", "b", "c", "bc", "ab", "aa"], ["b c", "a b", "a a"], []));

        Assert.Equal([256, 259], tokenizer.EncodeText("abc"));
        Assert.Equal([261, 256], tokenizer.EncodeText("aaa"));
        Assert.Equal([260, 260], tokenizer.EncodeText("abab"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Merges_are_read_in_both_notations(bool asText)
    {
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(
            ["\u2581", "a", "\u2581a", "\"", "a\""], ["\u2581 a", "a \""], [], asText));

        Assert.Equal([258, 259, 258], tokenizer.EncodeText(" a\" a"));
        Assert.Equal([260], tokenizer.EncodeText("a\""));
    }

    [Fact]
    public void Unknown_characters_become_bytes_and_half_surrogates_the_replacement_character()
    {
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(["a"], [], []));

        Assert.Equal([0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 256], tokenizer.EncodeText("é€😀a"));
        Assert.Equal([256, 0xEF, 0xBF, 0xBD, 256], tokenizer.EncodeText("a\ud83da"));
        Assert.Equal([0xEF, 0xBF, 0xBD, 0xEF, 0xBF, 0xBD], tokenizer.EncodeText("\ude00\ud83d"));
        Assert.Equal(RealTokenizer.Instance.EncodeText("x\ufffdy"), RealTokenizer.Instance.EncodeText("x\udc00y"));
    }

    [Fact]
    public void Merges_of_byte_pieces_work_across_characters()
    {
        // "é" is C3 A9 here and joins with the letter after it; no cut may fall between them.
        Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(
            ["a", "<0xC3><0xA9>", "<0xC3><0xA9>a"], ["<0xC3> <0xA9>", "<0xC3><0xA9> a"], []));

        Assert.Equal([258, 256], tokenizer.EncodeText("éaa"));
    }

    [Fact]
    public void Cutting_a_text_into_words_changes_no_id()
    {
        // A plain reference: repeatedly merge the best pair of the whole text, uncut and uncached.
        var random = new Random(11);
        string[] letters = ["a", "b", "\u2581", ">", "<", "\n"];
        for (int round = 0; round < 200; round++)
        {
            (string[] pieces, string[] merges) = RandomVocabulary(random, letters);
            Gemma4Tokenizer tokenizer = SmallTokenizer.Load(SmallTokenizer.Describe(pieces, merges, []));
            for (int sample = 0; sample < 20; sample++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 90)).Select(_ => letters[random.Next(letters.Length)]));
                int[] expected = [.. PlainMerge(text, merges).Select(piece => 256 + Array.IndexOf(pieces, piece))];
                Assert.Equal(expected, tokenizer.EncodeText(text));
                Assert.Equal(expected, tokenizer.EncodeText(text.Replace('\u2581', ' ')));
            }
        }
    }

    [Fact]
    public void A_megabyte_without_a_space_is_encoded_in_near_linear_time()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;
        var random = new Random(3);
        string letters = string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => (char)('a' + random.Next(26))));
        var watch = Stopwatch.StartNew();

        foreach (string text in (string[])[new string('a', 1_000_000), new string(' ', 1_000_000), letters])
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeText(text)));
        }

        // Quadratic merging would take hours; the limit only has to tell the two apart on a busy machine.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Threads_sharing_a_tokenizer_get_the_ids_of_one_thread()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;
        var random = new Random(5);
        string[] texts = [.. Enumerable.Range(0, 300).Select(_ => RandomText(random, Alphabet))];
        int[][] expected = [.. texts.Select(text => tokenizer.EncodeText(text))];
        Gemma4Tokenizer shared = Gemma4Tokenizer.Load(TestData.Path("nano"));
        int[][] expectedSmall = [.. texts.Select(text => Gemma4Tokenizer.Load(TestData.Path("nano")).EncodeText(text)).Take(5)];

        Parallel.For(0, 3_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            Assert.Equal(expected[i % texts.Length], tokenizer.EncodeText(texts[i % texts.Length]));
            Assert.Equal(expectedSmall[i % 5], shared.EncodeText(texts[i % 5]));
        });
    }

    [Fact]
    public void Counting_appending_and_encoding_agree()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Instance;
        const string Text = "The quick brown fox\n\njumps over <div> </div> 日本語 😀";
        List<int> list = [7];
        tokenizer.EncodeText(Text, list);

        Assert.Equal([7, .. tokenizer.EncodeText(Text)], list);
        Assert.Equal(list.Count - 1, tokenizer.CountTokens(Text));
        Assert.Empty(tokenizer.EncodeText(""));
        Assert.Empty(tokenizer.EncodeTemplate(""));
    }

    private static string RandomText(Random random, string[] alphabet)
    {
        var text = new StringBuilder();
        for (int i = random.Next(1, 40); i > 0; i--)
        {
            text.Append(alphabet[random.Next(alphabet.Length)]);
        }

        return text.ToString();
    }

    private static (string[] Pieces, string[] Merges) RandomVocabulary(Random random, string[] letters)
    {
        List<string> pieces = [.. letters];
        List<string> merges = [];
        for (int i = 0; i < 25; i++)
        {
            string left = pieces[random.Next(pieces.Count)];
            string right = pieces[random.Next(pieces.Count)];
            if (!pieces.Contains(left + right))
            {
                pieces.Add(left + right);
            }

            if (!merges.Contains($"{left} {right}"))
            {
                merges.Add($"{left} {right}");
            }
        }

        return ([.. pieces], [.. merges]);
    }

    private static List<string> PlainMerge(string text, string[] merges)
    {
        List<string> symbols = [.. text.Select(unit => unit.ToString())];
        while (true)
        {
            int best = int.MaxValue;
            int at = -1;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                int rank = Array.IndexOf(merges, $"{symbols[i]} {symbols[i + 1]}");
                if (rank >= 0 && rank < best)
                {
                    (best, at) = (rank, i);
                }
            }

            if (at < 0)
            {
                return symbols;
            }

            symbols[at] += symbols[at + 1];
            symbols.RemoveAt(at + 1);
        }
    }
}
