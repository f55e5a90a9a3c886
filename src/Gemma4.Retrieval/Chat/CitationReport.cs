using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Chat;

/// <summary>What a check of an answer's citations found; see <see cref="Of"/>.</summary>
/// <param name="Sources">The passages that the model was given; source 1 is the first.</param>
/// <param name="Cited">Numbers of sources that the answer cites, each once.</param>
/// <param name="Unknown">Numbers that it cites and that no source has.</param>
/// <param name="Unsupported">Sentences that cite nothing, or whose words or numbers are not in what they cite.</param>
public sealed record CitationReport(IReadOnlyList<DocumentChunk> Sources, IReadOnlyList<int> Cited, IReadOnlyList<int> Unknown, IReadOnlyList<string> Unsupported) : ITrustedProperty
{
    /// <summary>The key of the report in the additional properties of the last update, and of the message it becomes part of.</summary>
    public const string Key = "citations";

    /// <summary>
    /// The score of each source, by the same index: the search's own, or that of the fusion when there were several queries;
    /// null for a chunk that was added as the neighbour of another.
    /// </summary>
    public IReadOnlyList<double?> Scores { get; init; } = [];

    /// <summary>The report of a response; null when it was answered without documents.</summary>
    public static CitationReport? Of(ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.Messages.Select(message => message.AdditionalProperties).Append(response.AdditionalProperties)
            .Select(properties => properties is not null && properties.TryGetValue(Key, out CitationReport? report) ? report : null)
            .LastOrDefault(report => report is not null);
    }
}
