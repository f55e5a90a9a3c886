using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Selection;

/// <summary>Settings of <see cref="ToolSelectionChatClient"/>.</summary>
public sealed class ToolSelectionOptions
{
    /// <summary>Most tools shown for a question, apart from those always shown; 1 or more. Default 8.</summary>
    public int MaxTools { get; set; } = 8;

    /// <summary>Names of tools that are always shown, beside <c>read_more_result</c> where it is offered.</summary>
    public ISet<string> AlwaysOn { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Makes vectors of questions and tools; null means that words alone decide.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; set; }

    /// <summary>
    /// Whether the model may look for further tools by calling <c>find_tools</c>. The stage answers it itself. Default true.
    /// </summary>
    public bool OfferSearch { get; set; } = true;

    internal void Validate()
    {
        if (MaxTools < 1)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(ToolSelectionOptions)}.{nameof(MaxTools)} is {MaxTools}; it must be 1 or more."));
        }
    }
}
