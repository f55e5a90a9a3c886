using System.Numerics.Tensors;

namespace Gemma4.Retrieval.Search;

/// <summary>Chooses results that are relevant and unlike each other (Carbonell and Goldstein, 1998).</summary>
public static class MaximalMarginalRelevance
{
    /// <summary>Chooses greedily by lambda * relevance - (1 - lambda) * greatest similarity to what is chosen.</summary>
    /// <param name="relevance">One per candidate; best on the scale 0..1, that of the similarity.</param>
    /// <param name="vectors">One per candidate, of one length.</param>
    /// <param name="count">How many to choose.</param>
    /// <param name="lambda">1 is relevance alone, 0 difference alone.</param>
    /// <returns>Indices of the chosen candidates in the order of choice.</returns>
    public static IReadOnlyList<int> Choose(IReadOnlyList<double> relevance, IReadOnlyList<ReadOnlyMemory<float>> vectors, int count, double lambda = 0.7)
    {
        ArgumentNullException.ThrowIfNull(relevance);
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Count, relevance.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(lambda, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lambda, 1);
        List<int> chosen = [];
        double[] nearest = new double[relevance.Count];
        HashSet<int> left = [.. Enumerable.Range(0, relevance.Count)];
        while (chosen.Count < count && left.Count > 0)
        {
            int best = left.MaxBy(i => (lambda * relevance[i]) - ((1 - lambda) * nearest[i]));
            left.Remove(best);
            chosen.Add(best);
            foreach (int i in left)
            {
                nearest[i] = Math.Max(nearest[i], TensorPrimitives.CosineSimilarity(vectors[i].Span, vectors[best].Span));
            }
        }

        return chosen;
    }
}
