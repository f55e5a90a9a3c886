namespace Gemma4.Embeddings;

/// <summary>The texts that stand before what is embedded; they tell the model what for.</summary>
internal sealed class EmbeddingPrompts
{
    /// <summary>The purpose without a prompt.</summary>
    internal const string None = "none";

    // Of a document's prompt; its "none" is the place of the title.
    private const string NoTitle = "title: none";
    private const string TitleLead = "title: ";

    private static readonly string[] Tasks = ["clustering", "classification", "sentence similarity", "summarization", "code retrieval"];

    private readonly Dictionary<string, string> _prompts = new(StringComparer.OrdinalIgnoreCase)
    {
        [None] = "",
        ["query"] = "task: search result | query: ",
        ["document"] = "title: none | text: ",
    };

    /// <param name="layers">Prompts by purpose; later ones take the place of earlier ones.</param>
    internal EmbeddingPrompts(params IEnumerable<KeyValuePair<string, string>>[] layers)
    {
        foreach (string task in Tasks)
        {
            _prompts[task] = $"task: {task} | query: ";
        }

        foreach ((string purpose, string prompt) in layers.SelectMany(layer => layer))
        {
            _prompts[purpose] = prompt;
        }
    }

    /// <summary>The prompt of a purpose, with a title where one is given.</summary>
    /// <exception cref="NotSupportedException">There is no such purpose, or it has no place for a title.</exception>
    internal string Of(string? purpose, string? title)
    {
        if (!_prompts.TryGetValue(purpose ?? None, out string? prompt))
        {
            throw new NotSupportedException(
                $"The purpose '{purpose}' is not known. Known are {string.Join(", ", _prompts.Keys.Select(name => $"'{name}'"))}; add others to Gemma4EmbeddingOptions.Prompts.");
        }

        if (string.IsNullOrEmpty(title))
        {
            return prompt;
        }

        return prompt.Contains(NoTitle, StringComparison.Ordinal)
            ? prompt.Replace(NoTitle, TitleLead + title, StringComparison.Ordinal)
            : throw new NotSupportedException($"The prompt of the purpose '{purpose ?? None}' has no place for a title. Leave the title out, or embed for 'document'.");
    }
}
