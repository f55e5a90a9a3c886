namespace Gemma4.Safety.Detection.Secrets;

/// <summary>Names behind which a secret stands.</summary>
internal static class SecretNames
{
    /// <summary>How far before the colon or equals sign a name is looked for, in characters.</summary>
    public const int Longest = 40;

    private static readonly string[] Passwords =
        ["password", "passwd", "pwd", "passphrase", "passwort", "kennwort", "contraseña", "mot de passe", "senha", "hasło", "пароль", "密码", "パスワード"];

    private static readonly string[] Keys =
    [
        "api_key", "api-key", "apikey", "api key", "secret", "secret_key", "secretkey", "access_token", "access-token", "accesstoken", "auth_token",
        "authtoken", "token", "bearer", "client_secret", "private_key", "access_key", "accesskey", "sharedaccesskey", "encryption_key", "signing_key", "webhook_secret", "credentials",
    ];

    /// <summary>Parts of values that stand for a secret without being one.</summary>
    public static readonly string[] PlaceholderMarks =
        ["example", "your", "xxxx", "placeholder", "changeme", "dummy", "redacted", "****", "....", "insert", "<", "todo", "process.env", "os.environ", "getenv", "${"];

    /// <summary>The kind promised by what ends a stretch of text.</summary>
    public static SecretNameKind KindBefore(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd(" \"'`*");
        return EndsWithAny(text, Passwords) ? SecretNameKind.Password : EndsWithAny(text, Keys) ? SecretNameKind.Key : SecretNameKind.None;
    }

    private static bool EndsWithAny(ReadOnlySpan<char> text, string[] names)
    {
        if (text.Length == 0)
        {
            return false;
        }

        foreach (var name in names)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
