using Gemma4.Retrieval;
using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.VectorData;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers retrieval.</summary>
public static class Gemma4RetrievalServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="DocumentIndexer"/> and <see cref="DocumentSearch"/> over the registered vector store, or an in-memory
    /// one, until the builder chooses another. Options are validated when the host starts.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options.</param>
    public static Gemma4RetrievalBuilder AddGemma4Retrieval(this IServiceCollection services, Action<Gemma4RetrievalOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Register(services, options => options.Configure(configure ?? (_ => { })));
    }

    /// <summary>As the other overload, with options from a configuration section such as <c>"Retrieval"</c>; a key there that is no option is an error when the host starts.</summary>
    public static Gemma4RetrievalBuilder AddGemma4Retrieval(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, options => options.Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    private static Gemma4RetrievalBuilder Register(IServiceCollection services, Action<OptionsBuilder<Gemma4RetrievalOptions>> configure)
    {
        OptionsBuilder<Gemma4RetrievalOptions> options = services.AddOptions<Gemma4RetrievalOptions>();
        configure(options);
        options.Validate(o => !string.IsNullOrWhiteSpace(o.Collection), "Collection must have a name.")
            .Validate(o => o.Chunking.MaxTokens >= 8, "Chunking.MaxTokens must be at least 8.")
            .Validate(o => o.Chunking.OverlapTokens >= 0 && o.Chunking.OverlapTokens <= o.Chunking.MaxTokens / 2, "Chunking.OverlapTokens must be from 0 to half of Chunking.MaxTokens.")
            .Validate(o => o.Ingestion.BatchSize >= 1, "Ingestion.BatchSize must be at least 1.")
            .Validate(o => o.Search.Top >= 1 && o.Search.Candidates >= o.Search.Top, "Search.Top must be at least 1 and Search.Candidates at least Search.Top.")
            .Validate(o => o.Search.DenseWeight is >= 0 and <= 1, "Search.DenseWeight must be from 0 to 1.")
            .Validate(o => o.Search.Diversity is >= 0 and <= 1, "Search.Diversity must be from 0 to 1.")
            .ValidateOnStart();
        services.TryAddSingleton(provider => Collection(provider, provider.GetRequiredService<IOptions<Gemma4RetrievalOptions>>().Value));
        services.TryAddSingleton(provider => new DocumentChunker(provider.GetRequiredService<IOptions<Gemma4RetrievalOptions>>().Value.Chunking));
        services.TryAddSingleton(provider => new DocumentIndexer(
            provider.GetRequiredService<VectorStoreCollection<string, DocumentChunk>>(), Embeddings(provider),
            provider.GetRequiredService<DocumentChunker>(), provider.GetRequiredService<IOptions<Gemma4RetrievalOptions>>().Value.Ingestion));
        services.TryAddSingleton(provider => new DocumentSearch(
            provider.GetRequiredService<VectorStoreCollection<string, DocumentChunk>>(), Embeddings(provider),
            provider.GetRequiredService<IOptions<Gemma4RetrievalOptions>>().Value.Search));
        services.TryAddSingleton<VectorStore>(_ => new InMemoryVectorStore()); // the application's own store stays
        return new Gemma4RetrievalBuilder(services);
    }

    private static VectorStoreCollection<string, DocumentChunk> Collection(IServiceProvider provider, Gemma4RetrievalOptions options)
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = Embeddings(provider);
        int dimensions = generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelDimensions
            ?? throw new InvalidOperationException("The embedding generator does not tell its dimensions. Give its EmbeddingGeneratorMetadata a DefaultModelDimensions.");
        return provider.GetRequiredService<VectorStore>().GetCollection<string, DocumentChunk>(options.Collection, DocumentChunk.Definition(dimensions, options.IndexKind));
    }

    private static IEmbeddingGenerator<string, Embedding<float>> Embeddings(IServiceProvider provider) =>
        provider.GetService<IEmbeddingGenerator<string, Embedding<float>>>()
        ?? throw new InvalidOperationException("No embedding generator is registered. Call AddEmbeddings, e.g. with a HashedNgramEmbeddingGenerator, or register an IEmbeddingGenerator<string, Embedding<float>>.");
}
