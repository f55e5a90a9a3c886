using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Gemma4.Safety.Detection.Secrets;

/// <summary>The token formats, from the issuers' own documentation.</summary>
internal static class TokenTable
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";

    private static readonly SearchValues<char> Word = SearchValues.Create(Letters + Digits);
    private static readonly SearchValues<char> Url = SearchValues.Create(Letters + Digits + "-_");
    private static readonly SearchValues<char> Dotted = SearchValues.Create(Letters + Digits + "-_.");
    private static readonly SearchValues<char> Base64 = SearchValues.Create(Letters + Digits + "+/=");
    private static readonly SearchValues<char> Upper = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Digits);
    private static readonly SearchValues<char> Lower = SearchValues.Create("abcdefghijklmnopqrstuvwxyz" + Digits);
    private static readonly SearchValues<char> Hex = SearchValues.Create(Digits + "abcdef");
    private static readonly SearchValues<char> HexDash = SearchValues.Create(Digits + "abcdefABCDEF-");
    private static readonly SearchValues<char> Path = SearchValues.Create(Letters + Digits + "/-_.");

    /// <summary>Every format.</summary>
    public static IReadOnlyList<TokenRule> Rows { get; } =
    [
        new("aws-access-key", "AKIA", Upper, 16, 16),
        new("aws-temporary-key", "ASIA", Upper, 16, 16),
        new("aws-bedrock-key", "ABSK", Base64, 109, 269),
        new("google-api-key", "AIza", Url, 35, 35),
        new("google-oauth-token", "ya29.", Dotted, 30, 400),
        new("google-oauth-secret", "GOCSPX-", Url, 28, 28),
        new("azure-storage-key", "AccountKey=", Base64, 80, 90),
        new("azure-sas-signature", "sig=", SearchValues.Create(Letters + Digits + "%+/="), 40, 120, Mixed, ["sv=", "se=", "sp="]),
        new("azure-devops-token", "AZDO", Word, 76, 84),
        new("github-token", "ghp_", Word, 36, 36),
        new("github-oauth", "gho_", Word, 36, 36),
        new("github-user-token", "ghu_", Word, 36, 36),
        new("github-server-token", "ghs_", Word, 36, 36),
        new("github-refresh-token", "ghr_", Word, 36, 76),
        new("github-fine-grained", "github_pat_", SearchValues.Create(Letters + Digits + "_"), 82, 82),
        new("gitlab-token", "glpat-", Dotted, 20, 64),
        new("gitlab-runner", "glrt-", Dotted, 20, 64),
        new("gitlab-deploy", "gldt-", Dotted, 20, 64),
        new("bitbucket-token", "ATBB", Word, 32, 40, Mixed),
        new("atlassian-token", "ATATT3", Base64OrUrl, 60, 220),
        new("slack-bot-token", "xoxb-", Url, 24, 90, HasDigit),
        new("slack-user-token", "xoxp-", Url, 24, 120, HasDigit),
        new("slack-app-token", "xapp-", Url, 24, 140, HasDigit),
        new("slack-webhook", "hooks.slack.com/services/", Path, 35, 60),
        new("discord-webhook", "discord.com/api/webhooks/", Path, 60, 120),
        new("stripe-secret-key", "sk_live_", Word, 16, 120),
        new("stripe-test-key", "sk_test_", Word, 16, 120),
        new("stripe-restricted-key", "rk_live_", Word, 16, 120),
        new("stripe-webhook-secret", "whsec_", Base64, 32, 64),
        new("openai-project-key", "sk-proj-", Url, 40, 200),
        new("openai-service-key", "sk-svcacct-", Url, 40, 200),
        new("anthropic-key", "sk-ant-", Url, 40, 140),
        new("openrouter-key", "sk-or-v1-", Hex, 64, 64),
        new("openai-key", "sk-", Word, 32, 60, Mixed),
        new("hugging-face-token", "hf_", Word, 30, 40, Mixed),
        new("replicate-token", "r8_", Word, 37, 40, Mixed),
        new("groq-key", "gsk_", Word, 48, 60),
        new("xai-key", "xai-", Word, 60, 90),
        new("perplexity-key", "pplx-", Word, 40, 60),
        new("npm-token", "npm_", Word, 36, 36),
        new("pypi-token", "pypi-AgEI", Url, 50, 250),
        new("nuget-key", "oy2", Lower, 43, 43),
        new("rubygems-key", "rubygems_", Hex, 48, 48),
        new("docker-hub-token", "dckr_pat_", Url, 27, 40),
        new("digitalocean-token", "dop_v1_", Hex, 64, 64),
        new("heroku-key", "HRKU-", HexDash, 36, 60),
        new("terraform-cloud", ".atlasv1.", Url, 60, 80),
        new("vault-token", "hvs.", Url, 24, 120),
        new("grafana-token", "glsa_", SearchValues.Create(Letters + Digits + "_"), 32, 64),
        new("sentry-token", "sntrys_", Base64, 60, 300),
        new("newrelic-key", "NRAK-", Upper, 27, 27),
        new("datadog-app-key", "ddapp_", Word, 34, 40),
        new("postman-key", "PMAK-", HexDash, 59, 59),
        new("linear-key", "lin_api_", Word, 40, 40),
        new("notion-token", "ntn_", Word, 43, 48),
        new("figma-token", "figd_", Url, 38, 60),
        new("shopify-token", "shpat_", HexDash, 32, 32),
        new("square-token", "sq0atp-", Url, 22, 22),
        new("square-secret", "sq0csp-", Url, 43, 43),
        new("twilio-key", "SK", Hex, 32, 32, HasDigit),
        new("twilio-account", "AC", Hex, 32, 32, HasDigit, ["twilio", "account", "sid"]),
        new("sendgrid-key", "SG.", Dotted, 66, 66),
        new("mailgun-key", "key-", Hex, 32, 32, HasDigit),
        new("mailchimp-key", "xkeysib-", HexDash, 70, 90),
        new("databricks-token", "dapi", Hex, 32, 36, HasDigit),
        new("age-secret-key", "AGE-SECRET-KEY-1", Upper, 58, 58),
        new("jwt", "eyJ", Dotted, 30, 4000, IsJwt),
    ];

    private static SearchValues<char> Base64OrUrl => SearchValues.Create(Letters + Digits + "+/=-_");

    /// <summary>Upper case, lower case and digits: a word in a sentence has not all three.</summary>
    public static bool Mixed(ReadOnlySpan<char> token) =>
        token.IndexOfAnyInRange('0', '9') >= 0 && token.IndexOfAnyInRange('a', 'z') >= 0 && token.IndexOfAnyInRange('A', 'Z') >= 0;

    private static bool HasDigit(ReadOnlySpan<char> token) => token.IndexOfAnyInRange('0', '9') >= 0;

    // Two dots, and a header that is JSON with an algorithm.
    private static bool IsJwt(ReadOnlySpan<char> token)
    {
        var dot = token.IndexOf('.');
        if (dot < 0 || token.Count('.') != 2)
        {
            return false;
        }

        try
        {
            var header = Base64Url.DecodeFromChars(token[..dot]);
            using var document = JsonDocument.Parse(header);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("alg", out _);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return false;
        }
    }
}
