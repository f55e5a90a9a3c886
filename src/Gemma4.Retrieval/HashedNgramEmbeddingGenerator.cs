using System.IO.Hashing;
using System.Numerics.Tensors;
using System.Text;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval;

/// <summary>
/// Embeds text without a model: stems and letter trigrams are hashed into a vector of counts. Finds texts that share words or
/// spellings; knows no meaning. For samples and tests; a real embedding model is far better at paraphrases.
/// </summary>
public sealed class HashedNgramEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int GramLength = 3;

    // Whole words tell more than parts of them.
    private const float WordWeight = 1f;
    private const float GramWeight = 0.3f;

    private readonly EmbeddingGeneratorMetadata _metadata;
    private readonly int _dimensions;
    private readonly TextAnalyzer _analyzer;

    /// <summary>Makes a generator.</summary>
    /// <param name="dimensions">The vectors' length, at least 16; longer means fewer collisions.</param>
    /// <param name="analyzer">How text is cut into words; English when null.</param>
    public HashedNgramEmbeddingGenerator(int dimensions = 512, TextAnalyzer? analyzer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 16);
        _dimensions = dimensions;
        _analyzer = analyzer ?? TextAnalyzer.English;
        _metadata = new EmbeddingGeneratorMetadata("gemma4.hashed-ngrams", null, "hashed-ngrams", dimensions);
    }

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } dimensions && dimensions != _dimensions)
        {
            throw new NotSupportedException($"This generator makes {_dimensions} dimensions; {dimensions} were asked for. Make one with that number.");
        }

        GeneratedEmbeddings<Embedding<float>> embeddings = [];
        long total = 0;
        foreach (string value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            embeddings.Add(new Embedding<float>(Embed(value, out int terms)) { ModelId = _metadata.DefaultModelId });
            total += terms;
        }

        // Words are what this generator reads; those it leaves out do not count.
        embeddings.Usage = new UsageDetails { InputTokenCount = total, TotalTokenCount = total };
        return Task.FromResult(embeddings);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Nothing to release.</summary>
    public void Dispose()
    {
    }

    private float[] Embed(string text, out int terms)
    {
        terms = 0;
        float[] vector = new float[_dimensions];
        foreach (string term in _analyzer.Terms(text))
        {
            terms++;
            Add(vector, term, WordWeight);
            string padded = $"<{term}>";
            for (int i = 0; i + GramLength <= padded.Length && padded.Length > GramLength; i++)
            {
                Add(vector, padded.AsSpan(i, GramLength), GramWeight);
            }
        }

        float norm = TensorPrimitives.Norm(vector);
        if (norm > 0)
        {
            TensorPrimitives.Divide(vector, norm, vector);
        }

        return vector;
    }

    // The hash's top bit is a sign, so that collisions cancel out on average.
    private void Add(float[] vector, ReadOnlySpan<char> gram, float weight)
    {
        Span<byte> bytes = gram.Length <= 85 ? stackalloc byte[255] : new byte[Encoding.UTF8.GetMaxByteCount(gram.Length)];
        int length = Encoding.UTF8.GetBytes(gram, bytes);
        ulong hash = XxHash64.HashToUInt64(bytes[..length]);
        vector[(int)((hash & long.MaxValue) % (ulong)_dimensions)] += hash > long.MaxValue ? -weight : weight;
    }
}
