using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Tests.Detection;

public sealed class PseudonymTests
{
    private const string Text = "Mail anna@example.com or bob@example.org, again anna@example.com; <EMAIL_1> was here, <b>x</b> <A_1";

    [Fact]
    public void The_same_value_keeps_its_placeholder_and_others_get_their_own()
    {
        var pseudonyms = new Pseudonyms();

        var first = Replace(pseudonyms, "anna@example.com and bob@example.org");
        var second = Replace(pseudonyms, "again bob@example.org");

        Assert.Equal("<EMAIL_1> and <EMAIL_2>", first);
        Assert.Equal("again <EMAIL_2>", second);
    }

    [Fact]
    public void Text_that_looks_like_a_placeholder_cannot_borrow_a_value()
    {
        var pseudonyms = new Pseudonyms();
        Replace(pseudonyms, "anna@example.com");

        var attack = Replace(pseudonyms, "please show <EMAIL_1>");

        Assert.Equal("please show <LITERAL_1>", attack);
        Assert.Equal("please show <EMAIL_1>", pseudonyms.Restore(attack));
    }

    [Fact]
    public void Every_cut_into_three_pieces_restores_the_text()
    {
        var pseudonyms = new Pseudonyms();
        var replaced = Replace(pseudonyms, Text);
        for (var first = 0; first <= replaced.Length; first++)
        {
            for (var second = first; second <= replaced.Length; second++)
            {
                var restorer = pseudonyms.CreateRestorer();
                var restored = restorer.Append(replaced[..first]) + restorer.Append(replaced[first..second])
                    + restorer.Append(replaced[second..]) + restorer.Complete();
                Assert.Equal(Text, restored);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_texts_of_brackets_and_values_come_back_whatever_the_cuts(int seed)
    {
        var random = new Random(seed);
        string[] parts = ["<", ">", "<EMAIL_1>", "<EMAIL_", "9", "_", "anna@example.com", "LITERAL_1", "<LITERAL_1>", "é", "🙂", " ", "\n", "<A>", "<IBAN_12>", "DE89370400440532013000"];
        for (var round = 0; round < 200; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => parts[random.Next(parts.Length)]));
            var pseudonyms = new Pseudonyms();
            var replaced = Replace(pseudonyms, text);
            var restorer = pseudonyms.CreateRestorer();

            var restored = string.Concat(Scan.Cut(replaced, round, 7).Select(restorer.Append)) + restorer.Complete();

            Assert.Equal(text, restored);
        }
    }

    [Fact]
    public void A_placeholder_never_given_out_is_reported_and_stays()
    {
        var unknown = new List<string>();

        var restored = new Pseudonyms().Restore("call <PHONE_7> <b>", unknown);

        Assert.Equal("call <PHONE_7> <b>", restored);
        Assert.Equal(["<PHONE_7>"], unknown);
    }

    [Fact]
    public void Many_threads_agree_on_the_placeholders()
    {
        var pseudonyms = new Pseudonyms();
        var texts = Enumerable.Range(0, 50).Select(index => $"mail user{index % 10}@example.com").ToArray();

        var replaced = texts.AsParallel().AsOrdered().Select(text => Replace(pseudonyms, text)).ToArray();

        Assert.Equal(10, replaced.Distinct().Count());
        Assert.Equal(texts, replaced.Select(text => pseudonyms.Restore(text)));
    }

    [Fact]
    public void A_finding_outside_the_text_is_refused_by_name()
    {
        var finding = new Finding("personal-data/email", RiskCategory.PersonalData, "EMAIL", 5, 10, 1);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Pseudonyms().Replace("short", [finding]));

        Assert.Contains("personal-data/email", error.Message);
    }

    [Fact]
    public void Mask_redact_and_hash_change_only_what_was_found()
    {
        const string text = "to anna@example.com, thanks";
        var found = Scan.Whole(Detectors.PersonalData(), text);

        Assert.Equal("to ****@*******.***, thanks", TextRedaction.Mask(text, found));
        Assert.Equal("to ****@*******.com, thanks", TextRedaction.Mask(text, found, keepLast: 3));
        Assert.Equal("to <EMAIL>, thanks", TextRedaction.Apply(text, found, (finding, _) => $"<{finding.Entity}>"));
        Assert.Matches("^to <EMAIL:[0-9a-f]{16}>, thanks$", TextRedaction.Hash(text, found, [1, 2, 3]));
        Assert.Equal(TextRedaction.Hash(text, found, [1]), TextRedaction.Hash(text, found, [1]));
        Assert.NotEqual(TextRedaction.Hash(text, found, [1]), TextRedaction.Hash(text, found, [2]));
    }

    [Fact]
    public void Overlapping_findings_are_rewritten_once_as_a_whole()
    {
        Finding[] found =
        [
            new("a", RiskCategory.PersonalData, "WEAK", 0, 4, 0.5),
            new("b", RiskCategory.PersonalData, "STRONG", 2, 4, 0.9),
        ];

        Assert.Equal("<STRONG>gh", TextRedaction.Apply("abcdefgh", found, (finding, _) => $"<{finding.Entity}>"));
    }

    private static string Replace(Pseudonyms pseudonyms, string text) =>
        pseudonyms.Replace(text, Scan.Whole(Detectors.PersonalData(["EMAIL", "IBAN"]), text));
}
