using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Secrets;

namespace Gemma4.Safety.Tests.Detection;

public sealed class SecretsTests
{
    public static TheoryData<string> Formats => [.. TokenTable.Rows.Where(row => row.Name != "jwt").Select(row => row.Name)];

    // Written in two parts so that scanners of this repository do not take them for real ones.
    public static TheoryData<string, string, string> Written => new()
    {
        { "aws-access-key", "AKIA", "IOSFODNN7EXAMPLQ" },
        { "github-token", "ghp_", "16C7e42F292c6912E7710c838347Ae178B4a" },
        { "google-api-key", "AIza", "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe" },
        { "jwt", "eyJ", "hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U" },
        { "stripe-secret-key", "sk_live_", "4eC39HqLyjWDarjtT1zdp7dc" },
        { "slack-bot-token", "xoxb-", "123456789012-1234567890123-4mt0t4l1yF4k3T0k3nABCDEF" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_token_of_each_format_is_found_and_one_too_short_is_not(string name)
    {
        var rule = TokenTable.Rows.Single(row => row.Name == name);
        var context = rule.Context is [var word, ..] ? word + " " : "";
        var token = Make(rule, rule.MinLength);

        var finding = Assert.Single(Scan.Whole(Detectors.Secrets(), $"here: {context}{token} end"), found => found.Rule == rule.Rule);

        Assert.Equal(token, $"here: {context}{token} end".Substring(finding.Start, finding.Length));
        Assert.DoesNotContain(Scan.Whole(Detectors.Secrets(), $"here: {context}{token[..^1]} end"), found => found.Rule == rule.Rule);
    }

    [Fact]
    public void There_are_more_than_sixty_formats() =>
        Assert.True(TokenTable.Rows.Select(row => row.Name).Distinct().Count() > 60);

    [Theory]
    [MemberData(nameof(Written))]
    public void A_written_token_is_found(string name, string prefix, string body)
    {
        var finding = Assert.Single(Scan.Whole(Detectors.Secrets(), $"use {prefix}{body}, please."));

        Assert.Equal(("secret/" + name, 4, prefix.Length + body.Length), (finding.Rule, finding.Start, finding.Length));
    }

    [Theory]
    [InlineData("password=", "hunter2!", "", "secret/password")]
    [InlineData("\"password\": \"", "correct-Horse7", "\"", "secret/password")]
    [InlineData("Server=db;User=sa;Pwd=", "S3cure!pass", ";", "secret/password")]
    [InlineData("Passwort: ", "Geheim#2024", " und weiter", "secret/password")]
    [InlineData("api_key: ", "f3a9c1d07b5e42a8", "", "secret/named-value")]
    [InlineData("Authorization: Bearer: ", "Zx81kQ0pLm22VtYy7Rw4", "", "secret/named-value")]
    [InlineData("postgres://admin:", "s3cr3tpw", "@db.example.com/x", "secret/credentials-in-url")]
    public void A_value_behind_a_telling_name_is_found(string before, string value, string after, string rule)
    {
        var finding = Assert.Single(Scan.Whole(Detectors.Secrets(), before + value + after));

        Assert.Equal((rule, before.Length, value.Length), (finding.Rule, finding.Start, finding.Length));
    }

    [Theory]
    [InlineData("Enter your password: it is on the card")]
    [InlineData("password=<your-password>")]
    [InlineData("password: ${DB_PASSWORD}")]
    [InlineData("api_key = os.environ['KEY']")]
    [InlineData("The token: a word of the text")]
    [InlineData("token: internationalization")]
    [InlineData("sk-learn is a library, sk-8 a road")]
    [InlineData("commit 5f2d1e8c9b7a6f4e3d2c1b0a9f8e7d6c5b4a3f2e")]
    [InlineData("Forgot the password? Reset it at https://example.com/reset")]
    [InlineData("ghp_example_your_token_goes_here_0123456789")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----")]
    [InlineData("eyJhbGciOi.not.ajwt-at-all-but-long-enough-to-look-like-one")]
    public void Ordinary_text_and_placeholders_are_no_secrets(string text) => Assert.Empty(Scan.Whole(Detectors.Secrets(), text));

    [Theory]
    [InlineData("RSA PRIVATE KEY")]
    [InlineData("OPENSSH PRIVATE KEY")]
    [InlineData("PRIVATE KEY")]
    public void A_key_block_is_found_from_its_first_to_its_last_dash(string kind)
    {
        var block = $"-----BEGIN {kind}-----\nMIIEpAIBAAKCAQEA7bq\nQ2hhbmdl\n-----END {kind}-----";

        var finding = Assert.Single(Scan.Whole(Detectors.Secrets(), $"key:\n{block}\ndone"), found => found.Rule == "secret/private-key");

        Assert.Equal((5, block.Length), (finding.Start, finding.Length));
    }

    [Fact]
    public void A_key_block_that_was_cut_off_is_found_to_the_end()
    {
        const string text = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq";

        Assert.Equal(text.Length, Assert.Single(Scan.Whole(Detectors.Secrets(), text)).Length);
    }

    private static string Make(TokenRule rule, int length)
    {
        const string Alphabet = "a1B2c3D4e5F6g7H8j9K0mNpQrStUvWxYz";
        var allowed = Alphabet.Where(rule.Body.Contains).ToArray();
        return rule.Prefix + new string([.. Enumerable.Range(0, length).Select(index => allowed[index * 7 % allowed.Length])]);
    }
}
