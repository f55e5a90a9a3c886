using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>How answers are shown: as text for people, or as JSON for programs.</summary>
internal interface IAnswerDisplay
{
    /// <summary>Says at the start of a conversation what talks here.</summary>
    void Welcome(string model, IReadOnlyList<string> tools);

    /// <summary>Asks for the next message.</summary>
    void Prompt();

    /// <summary>A piece of the answer that just came.</summary>
    void Show(IEnumerable<AIContent> contents);

    /// <summary>The answer ended.</summary>
    /// <param name="response">All that came.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="time">What it took.</param>
    void End(ChatResponse response, AnswerEnd end, TimeSpan time);

    /// <summary>A message got no answer, and the conversation goes on.</summary>
    void Fail(Exception problem);
}
