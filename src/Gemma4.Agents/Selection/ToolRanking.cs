using Gemma4.Agents.Memory;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Selection;

/// <summary>
/// Ranks tools by words and, where there is a generator, by vectors: the ranks of both are joined. What was made for a
/// tool is found again by its text: other stages wrap the same tool anew for each request. Safe for concurrent use.
/// </summary>
internal sealed class ToolRanking(IEmbeddingGenerator<string, Embedding<float>>? generator)
{
    // The usual constant of reciprocal rank fusion.
    private const double RankOffset = 60;

    // Several times the tools of a large pool.
    private const int MaxVectors = 4096;

    private readonly BoundedMap<float[]> _vectors = new(MaxVectors);
    private volatile ToolIndex? _index;
    private volatile Tuple<string, float[]>? _asked;

    public async Task<IReadOnlyList<AIFunctionDeclaration>> RankAsync(
        string question, IReadOnlyList<AIFunctionDeclaration> tools, CancellationToken cancellationToken)
    {
        double[] lexical = IndexOf(tools).Scores(question);
        int[] byWords = [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => lexical[i])];
        if (generator is null || tools.Count == 0)
        {
            return [.. byWords.Select(i => tools[i])];
        }

        string[] texts = [.. tools.Select(ToolIndex.TextOf)];
        (float[] asked, Dictionary<string, float[]> vectors) = await VectorsAsync(generator, question, texts, cancellationToken).ConfigureAwait(false);
        double[] near = [.. texts.Select(text => VectorDistance.Cosine(asked, vectors[text]))];
        int[] byVectors = [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => near[i])];
        double[] joined = new double[tools.Count];
        for (int rank = 0; rank < tools.Count; rank++)
        {
            joined[byWords[rank]] += 1 / (RankOffset + rank);
            joined[byVectors[rank]] += 1 / (RankOffset + rank);
        }

        return [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => joined[i]).Select(i => tools[i])];
    }

    private ToolIndex IndexOf(IReadOnlyList<AIFunctionDeclaration> tools) => _index is { } last && last.IsOver(tools) ? last : _index = new ToolIndex(tools);

    private async Task<(float[] Asked, Dictionary<string, float[]> Vectors)> VectorsAsync(
        IEmbeddingGenerator<string, Embedding<float>> embeddings, string question, string[] texts, CancellationToken cancellationToken)
    {
        float[]? asked = _asked is { } last && last.Item1 == question ? last.Item2 : null;
        Dictionary<string, float[]> vectors = new(StringComparer.Ordinal);
        List<string> unknown = [];
        foreach (string text in texts.Distinct(StringComparer.Ordinal))
        {
            if (_vectors.TryGet(text, out float[]? vector))
            {
                vectors[text] = vector;
            }
            else
            {
                unknown.Add(text);
            }
        }

        if (asked is null || unknown.Count > 0)
        {
            string[] needed = asked is null ? [.. unknown, question] : [.. unknown];
            GeneratedEmbeddings<Embedding<float>> made = await embeddings.GenerateAsync(needed, cancellationToken: cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < unknown.Count; i++)
            {
                vectors[unknown[i]] = _vectors.GetOrAdd(unknown[i], made[i].Vector.ToArray());
            }

            if (asked is null)
            {
                asked = made[^1].Vector.ToArray();
                _asked = Tuple.Create(question, asked);
            }
        }

        return (asked, vectors);
    }
}
