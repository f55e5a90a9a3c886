namespace Gemma4.Retrieval.Chat;

/// <summary>What a check of an answer's citations found; in <c>AdditionalProperties["citations"]</c> of the response.</summary>
/// <param name="Sources">The passages that the model was given; source 1 is the first.</param>
/// <param name="Cited">Numbers of sources that the answer cites, each once.</param>
/// <param name="Unknown">Numbers that it cites and that no source has.</param>
/// <param name="Unsupported">Sentences that cite nothing, or whose words are not in what they cite.</param>
public sealed record CitationReport(IReadOnlyList<DocumentChunk> Sources, IReadOnlyList<int> Cited, IReadOnlyList<int> Unknown, IReadOnlyList<string> Unsupported)
{
    /// <summary>The key of the report in the response's additional properties.</summary>
    public const string Key = "citations";
}
