using System.Collections.Concurrent;
using Gemma4.Retrieval;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Models;

/// <summary>The built-in generator of hashed n-grams, in any length that a request asks for.</summary>
internal sealed class SizedEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int DefaultLength = 512;
    private const int Shortest = 16;
    private const int Longest = 4096;

    private readonly ConcurrentDictionary<int, HashedNgramEmbeddingGenerator> _generators = new();

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        int length = options?.Dimensions ?? DefaultLength;
        return length is < Shortest or > Longest
            ? throw new ArgumentOutOfRangeException(nameof(options), length, $"it must be from {Shortest} to {Longest}.")
            : OfLength(length).GenerateAsync(values, options, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : OfLength(DefaultLength).GetService(serviceType, serviceKey);

    public void Dispose()
    {
    }

    private HashedNgramEmbeddingGenerator OfLength(int length) => _generators.GetOrAdd(length, static size => new HashedNgramEmbeddingGenerator(size));
}
