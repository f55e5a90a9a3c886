namespace Gemma4.Retrieval.Search;

/// <summary>Joins rankings of the same documents into one.</summary>
public static class RankFusion
{
    /// <summary>The constant of reciprocal rank fusion in its paper (Cormack, Clarke and Büttcher, 2009).</summary>
    public const int DefaultRankConstant = 60;

    /// <summary>Sums 1/(constant + rank) over the rankings. Needs no comparable scores.</summary>
    /// <param name="rankings">Each best first.</param>
    /// <param name="rankConstant">How little the first places differ; above 0.</param>
    /// <typeparam name="T">What identifies a document; compared by equality.</typeparam>
    /// <returns>Best first; documents of equal score in the order in which they first appear.</returns>
    public static IReadOnlyList<(T Document, double Score)> Reciprocal<T>(IEnumerable<IReadOnlyList<T>> rankings, int rankConstant = DefaultRankConstant)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(rankings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rankConstant);
        return Sum(rankings.Select(ranking => ranking.Select((document, index) => (document, 1.0 / (rankConstant + index + 1)))));
    }

    /// <summary>Stretches the scores of each ranking to 0..1 and sums them with weights.</summary>
    /// <param name="rankings">Scores, higher better. A ranking whose scores are all equal counts 1 for each document.</param>
    /// <param name="weights">One per ranking; all 1 when null.</param>
    /// <typeparam name="T">What identifies a document; compared by equality.</typeparam>
    /// <exception cref="ArgumentException">There is not one weight per ranking.</exception>
    public static IReadOnlyList<(T Document, double Score)> MinMax<T>(IReadOnlyList<IReadOnlyList<(T Document, double Score)>> rankings, IReadOnlyList<double>? weights = null)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(rankings);
        if (weights is not null && weights.Count != rankings.Count)
        {
            throw new ArgumentException($"There are {rankings.Count} rankings and {weights.Count} weights; give one weight per ranking.", nameof(weights));
        }

        return Sum(rankings.Select((ranking, index) => Stretch(ranking, weights?[index] ?? 1)));
    }

    private static IEnumerable<(T Document, double Score)> Stretch<T>(IReadOnlyList<(T Document, double Score)> ranking, double weight)
    {
        if (ranking.Count == 0)
        {
            return [];
        }

        double least = ranking.Min(hit => hit.Score);
        double range = ranking.Max(hit => hit.Score) - least;
        return ranking.Select(hit => (hit.Document, weight * (range > 0 ? (hit.Score - least) / range : 1)));
    }

    private static List<(T Document, double Score)> Sum<T>(IEnumerable<IEnumerable<(T Document, double Score)>> rankings)
        where T : notnull
    {
        Dictionary<T, double> sums = [];
        List<T> order = [];
        foreach ((T document, double score) in rankings.SelectMany(ranking => ranking))
        {
            if (!sums.TryAdd(document, score))
            {
                sums[document] += score;
            }
            else
            {
                order.Add(document);
            }
        }

        return [.. order.Select(document => (document, sums[document])).OrderByDescending(hit => hit.Item2)];
    }
}
