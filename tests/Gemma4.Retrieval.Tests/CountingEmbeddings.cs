using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Tests;

internal sealed class CountingEmbeddings() : DelegatingEmbeddingGenerator<string, Embedding<float>>(new HashedNgramEmbeddingGenerator(128))
{
    public int Texts { get; private set; }

    public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        Texts += options?.AdditionalProperties?["purpose"] is "document" ? texts.Length : 0;
        return base.GenerateAsync(texts, options, cancellationToken);
    }
}
