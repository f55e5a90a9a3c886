using System.Runtime.CompilerServices;
using Gemma4.Agents.Memory;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Selection;

/// <summary>Ranks tools by words and, where there is a generator, by vectors: the ranks of both are joined.</summary>
internal sealed class ToolRanking(IEmbeddingGenerator<string, Embedding<float>>? generator)
{
    // The usual constant of reciprocal rank fusion.
    private const double RankOffset = 60;

    private readonly ConditionalWeakTable<AIFunctionDeclaration, float[]> _vectors = [];

    public async Task<IReadOnlyList<AIFunctionDeclaration>> RankAsync(
        string question, IReadOnlyList<AIFunctionDeclaration> tools, CancellationToken cancellationToken)
    {
        double[] lexical = new ToolIndex(tools).Scores(question);
        int[] byWords = [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => lexical[i])];
        if (generator is null || tools.Count == 0)
        {
            return [.. byWords.Select(i => tools[i])];
        }

        AIFunctionDeclaration[] unknown = [.. tools.Where(tool => !_vectors.TryGetValue(tool, out _))];
        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync(
            [question, .. unknown.Select(ToolIndex.TextOf)], cancellationToken: cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < unknown.Length; i++)
        {
            _vectors.AddOrUpdate(unknown[i], made[i + 1].Vector.ToArray());
        }

        float[] asked = made[0].Vector.ToArray();
        double[] near = [.. tools.Select(tool => _vectors.TryGetValue(tool, out float[]? vector) ? VectorDistance.Cosine(asked, vector) : 0)];
        int[] byVectors = [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => near[i])];
        double[] joined = new double[tools.Count];
        for (int rank = 0; rank < tools.Count; rank++)
        {
            joined[byWords[rank]] += 1 / (RankOffset + rank);
            joined[byVectors[rank]] += 1 / (RankOffset + rank);
        }

        return [.. Enumerable.Range(0, tools.Count).OrderByDescending(i => joined[i]).Select(i => tools[i])];
    }
}
