namespace Gemma4.Prompting;

/// <summary>
/// A rendered conversation. It is kept as segments and not as one string, so that text of users, tools and documents
/// which spells a control token stays text.
/// </summary>
public sealed partial class RenderedPrompt
{
    internal RenderedPrompt(IReadOnlyList<PromptSegment> segments, bool endsInsideThought)
    {
        Segments = segments;
        EndsInsideThought = endsInsideThought;
    }

    /// <summary>
    /// The prompt in order. Two plain segments never stand side by side: the tokenizer merges across what would be
    /// their border.
    /// </summary>
    public IReadOnlyList<PromptSegment> Segments { get; }

    /// <summary>
    /// The segments as one string, for logs and comparisons. Do not tokenise it with control tokens on: text in it may
    /// spell them.
    /// </summary>
    public string Text => string.Concat(Segments.Select(segment => segment.Text));

    /// <summary>
    /// True where the prompt has already opened the thought channel, so that the answer starts inside a thought
    /// (thinking on, and the prompt ends in a tool result).
    /// </summary>
    public bool EndsInsideThought { get; }
}
