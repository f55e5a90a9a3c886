namespace Company.GemmaWeb;

/// <summary>Section "Chat" of the settings: how much one caller may ask. How much runs at once is in "Gemma4:Scheduling".</summary>
internal sealed class ChatLimits
{
    /// <summary>Messages of one request.</summary>
    public int MaxMessages { get; set; } = 100;

    /// <summary>Tokens of one answer.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary>The largest request body in bytes.</summary>
    public long MaxBodyBytes { get; set; } = 256 * 1024;

    /// <summary>Requests of one address in a minute.</summary>
    public int RequestsPerMinute { get; set; } = 60;
}
