using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Tests;

/// <summary>Remembers for what, and how long, each text was to be embedded.</summary>
internal sealed class PurposeRecorder(int modelDimensions) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("recorder", null, "recorder", modelDimensions);

    public List<(string Text, string? Purpose, int? Dimensions)> Seen { get; } = [];

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        Seen.AddRange(texts.Select(text => (text, options?.AdditionalProperties?["purpose"] as string, options?.Dimensions)));
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(texts.Select(text => new Embedding<float>(Enumerable.Repeat(1f, options?.Dimensions ?? modelDimensions).ToArray()))));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata : null;

    public void Dispose()
    {
    }
}
