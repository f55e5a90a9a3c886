namespace Gemma4.Cli.Chat;

/// <summary>How an answer ended.</summary>
internal enum AnswerEnd
{
    /// <summary>The model ended it.</summary>
    Complete,

    /// <summary>Ctrl+C ended it.</summary>
    Interrupted,

    /// <summary>An error ended it, which is reported apart.</summary>
    Failed,
}
