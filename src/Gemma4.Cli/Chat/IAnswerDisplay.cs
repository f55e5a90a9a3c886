using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>How answers are shown: as text for people, or as JSON for programs.</summary>
internal interface IAnswerDisplay
{
    /// <summary>Says at the start of a conversation what talks here.</summary>
    void Welcome(string model, IReadOnlyList<string> tools);

    /// <summary>Asks for the next message, or for the next line of one.</summary>
    void Prompt(bool isContinued);

    /// <summary>A piece of the answer that just came.</summary>
    void Show(IEnumerable<AIContent> contents);

    /// <summary>The answer ended.</summary>
    /// <param name="response">All that came.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="time">What it took.</param>
    void End(ChatResponse response, AnswerEnd end, TimeSpan time);

    /// <summary>The person left at the prompt, whose line nothing else will end.</summary>
    void Leave();

    /// <summary>Tells the person something about the conversation.</summary>
    void Explain(string text);

    /// <summary>A message got no answer, and the conversation goes on.</summary>
    void Fail(Exception problem);
}
