using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class VectorMatrixTests
{
    private const int Rows = 3000;

    public static TheoryData<string, string, int> Cases
    {
        get
        {
            TheoryData<string, string, int> cases = [];
            foreach (VectorPrefilter prefilter in Enum.GetValues<VectorPrefilter>())
            {
                foreach (string function in (string[])[
                    DistanceFunction.CosineSimilarity, DistanceFunction.CosineDistance, DistanceFunction.DotProductSimilarity, DistanceFunction.NegativeDotProductSimilarity,
                    DistanceFunction.EuclideanDistance, DistanceFunction.EuclideanSquaredDistance, DistanceFunction.ManhattanDistance, DistanceFunction.HammingDistance])
                {
                    cases.Add($"{prefilter}", function, 5);
                    cases.Add($"{prefilter}", function, 100);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_way_finds_what_a_full_comparison_finds(string prefilter, string function, int dimensions)
    {
        Random random = new(dimensions);
        VectorMatrix matrix = new(dimensions, function, Enum.Parse<VectorPrefilter>(prefilter));
        float[][] vectors = [.. Enumerable.Range(0, Rows).Select(row => Vector(random, dimensions, row))];
        for (int row = 0; row < Rows; row++)
        {
            matrix.Set(row, vectors[row]);
        }

        // Some are replaced, some deleted, and one of those put back.
        for (int row = 0; row < Rows; row += 7)
        {
            vectors[row] = Vector(random, dimensions, row + 1);
            matrix.Set(row, vectors[row]);
        }

        HashSet<int> deleted = [.. Enumerable.Range(0, Rows / 11).Select(i => i * 11)];
        foreach (int row in deleted)
        {
            matrix.Clear(row);
        }

        matrix.Set(22, vectors[22]);
        deleted.Remove(22);
        RowMask mask = new(Rows);
        for (int row = 0; row < Rows; row += 3)
        {
            mask.Add(row);
        }

        for (int i = 0; i < 5; i++)
        {
            float[] query = Vector(random, dimensions, 1);
            Assert.Equal(Expected(vectors, query, function, row => !deleted.Contains(row)).Take(10), matrix.Search(query, 10, null), Same);
            Assert.Equal(Expected(vectors, query, function, row => !deleted.Contains(row) && row % 3 == 0).Take(10), matrix.Search(query, 10, mask), Same);
        }

        Assert.Equal(Rows - deleted.Count, matrix.Search(vectors[1], int.MaxValue, null).Length);
        Assert.Empty(matrix.Search(vectors[1], 10, new RowMask(Rows)));
        Assert.Empty(new VectorMatrix(dimensions, function, VectorPrefilter.Bytes).Search(vectors[1], 10, null));
    }

    [Theory]
    [InlineData(VectorPrefilter.Bytes, 1, false)]
    [InlineData(VectorPrefilter.Bytes, 1, true)]
    [InlineData(VectorPrefilter.Signs, 0.97, false)]
    [InlineData(VectorPrefilter.Signs, 0.97, true)]
    internal void Prefilters_find_the_nearest_of_clusters_with_and_without_a_filter(VectorPrefilter prefilter, double recall, bool filtered)
    {
        const int Dimensions = 128;
        const int Many = 40_000;
        Random random = new(5);
        float[][] centres = [.. Enumerable.Range(0, 60).Select(_ => Vector(random, Dimensions, 1))];
        float[] Near() => [.. centres[random.Next(centres.Length)].Zip(Vector(random, Dimensions, 1), (a, b) => a + (b * 0.6f))];
        VectorMatrix exact = new(Dimensions, DistanceFunction.CosineSimilarity, VectorPrefilter.None);
        VectorMatrix quick = new(Dimensions, DistanceFunction.CosineSimilarity, prefilter);
        RowMask? mask = filtered ? new RowMask(Many) : null;
        for (int row = 0; row < Many; row++)
        {
            float[] vector = Near();
            exact.Set(row, vector);
            quick.Set(row, vector);
            if (row % 2 == 0)
            {
                mask?.Add(row);
            }
        }

        int found = 0;
        for (int i = 0; i < 20; i++)
        {
            float[] query = Near();
            HashSet<int> truth = [.. exact.Search(query, 10, mask).Select(hit => hit.Row)];
            (float Score, int Row)[] hits = quick.Search(query, 10, mask);
            found += hits.Count(hit => truth.Contains(hit.Row));
            Assert.All(hits, hit => Assert.True(mask is null || mask[hit.Row]));
        }

        Assert.InRange(found / 200.0, recall, 1);
    }

    [Fact]
    public void Lengths_beyond_the_ordinary_are_compared_too()
    {
        foreach (VectorPrefilter prefilter in Enum.GetValues<VectorPrefilter>())
        {
            VectorMatrix matrix = new(3, DistanceFunction.CosineSimilarity, prefilter);
            matrix.Set(0, [1e30f, 1e30f, 0]);
            matrix.Set(1, [1e-41f, 0, 0]);
            matrix.Set(2, [0, 0, 0]);
            matrix.Set(3, [1, 0.1f, 0]);
            for (int row = 4; row < 100; row++)
            {
                matrix.Set(row, [-1, row, 0]);
            }

            (float Score, int Row)[] hits = matrix.Search([1, 0, 0], 4, null);

            Assert.Equal(3, hits.Single(hit => hit.Row == 3).Row);
            Assert.All(hits, hit => Assert.InRange(hit.Score, -1.001f, 1.001f));
        }
    }

    [Fact]
    public void Products_of_bytes_are_exact_for_every_length()
    {
        Random random = new(3);
        foreach (int length in (int[])[1, 7, 16, 31, 32, 33, 64, 100, 768, 1000])
        {
            sbyte[] bytes = [.. Enumerable.Range(0, length).Select(_ => (sbyte)random.Next(-127, 128))];
            short[] values = [.. Enumerable.Range(0, length).Select(_ => (short)random.Next(-16_383, 16_384))];
            Assert.Equal(bytes.Zip(values, (a, b) => a * b).Sum(), RoundedQuery.Dot(bytes, values));
        }

        Assert.Equal(768 * 127 * 16_383, RoundedQuery.Dot([.. Enumerable.Repeat((sbyte)127, 768)], [.. Enumerable.Repeat((short)16_383, 768)]));
    }

    private static bool Same((float Score, int Row) a, (float Score, int Row) b) => a.Row == b.Row && Math.Abs(a.Score - b.Score) <= 1e-4f * (1 + Math.Abs(a.Score));

    private static IEnumerable<(float Score, int Row)> Expected(float[][] vectors, float[] query, string function, Func<int, bool> accept)
    {
        IEnumerable<(float Score, int Row)> all = Enumerable.Range(0, vectors.Length).Where(accept)
            .Select(row => (VectorDistance.Score(function, query, vectors[row], VectorDistance.InverseNorm(query) * VectorDistance.InverseNorm(vectors[row])), row));
        return VectorDistance.HigherIsBetter(function) ? all.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Row) : all.OrderBy(hit => hit.Score).ThenBy(hit => hit.Row);
    }

    // Of very different lengths, so that the product and the cosine order differently.
    private static float[] Vector(Random random, int dimensions, int seed) =>
        [.. Enumerable.Range(0, dimensions).Select(_ => ((random.NextSingle() * 2) - 1) * ((seed % 13) + 1))];
}
