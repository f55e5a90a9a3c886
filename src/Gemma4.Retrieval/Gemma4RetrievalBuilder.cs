using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval;

/// <summary>Chooses the parts of retrieval; made by <c>AddGemma4Retrieval</c>. Packages with other stores and readers add methods.</summary>
public sealed class Gemma4RetrievalBuilder
{
    internal Gemma4RetrievalBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services that are registered into.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Keeps chunks in this process; gone when it ends, unless the application saves the store.</summary>
    public Gemma4RetrievalBuilder AddInMemoryStore(Action<InMemoryVectorStoreOptions>? configure = null) => AddStore(_ =>
    {
        InMemoryVectorStoreOptions options = new();
        configure?.Invoke(options);
        return new InMemoryVectorStore(options);
    });

    /// <summary>Keeps chunks in any vector store; the last one added is used.</summary>
    public Gemma4RetrievalBuilder AddStore(Func<IServiceProvider, VectorStore> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.Replace(ServiceDescriptor.Singleton(factory));
        return this;
    }

    /// <summary>Embeds chunks and queries with this generator; without a call the container's is used.</summary>
    public Gemma4RetrievalBuilder AddEmbeddings(IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        Services.Replace(ServiceDescriptor.Singleton(generator));
        return this;
    }

    /// <summary>Adds a reader; readers added are asked before the built-in ones.</summary>
    public Gemma4RetrievalBuilder AddReader(IDocumentReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Services.AddSingleton(reader);
        return this;
    }

    /// <summary>Indexes files when the host starts, in the background; see <see cref="IngestionStatus"/>.</summary>
    /// <param name="pattern">A folder and a glob, e.g. <c>docs/**/*.md</c>; a plain folder means all files in it.</param>
    /// <param name="tenant">Whose documents they are.</param>
    public Gemma4RetrievalBuilder AddDocuments(string pattern, string tenant = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        ArgumentNullException.ThrowIfNull(tenant);
        int glob = pattern.IndexOfAny(['*', '?']);
        int cut = glob < 0 ? pattern.Length : pattern.LastIndexOfAny(['/', '\\'], glob) + 1;
        string folder = pattern[..cut] is { Length: > 0 } prefix ? prefix : ".";
        Services.AddSingleton(new DocumentSource(folder, glob < 0 ? "**/*" : pattern[cut..], tenant));
        Services.TryAddSingleton<IngestionStatus>();
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, IngestionService>());
        return this;
    }
}
