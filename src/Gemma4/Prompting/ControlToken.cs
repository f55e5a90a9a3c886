namespace Gemma4.Prompting;

/// <summary>The spellings of the control tokens a prompt may hold.</summary>
internal static class ControlToken
{
    public const string BeginOfSequence = "<bos>";
    public const string TurnStart = "<|turn>";
    public const string TurnEnd = "<turn|>";
    public const string Think = "<|think|>";
    public const string ChannelStart = "<|channel>";
    public const string ChannelEnd = "<channel|>";
    public const string ToolStart = "<|tool>";
    public const string ToolEnd = "<tool|>";
    public const string CallStart = "<|tool_call>";
    public const string CallEnd = "<tool_call|>";
    public const string ResponseStart = "<|tool_response>";
    public const string ResponseEnd = "<tool_response|>";
    public const string Quote = "<|\"|>";
    public const string Image = "<|image|>";
    public const string Audio = "<|audio|>";
    public const string Video = "<|video|>";
}
