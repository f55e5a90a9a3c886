using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gemma4.Web.Models;

/// <summary>One model, three ways to it: bare for the API, with tools for the page, with documents for the page.</summary>
internal static class ModelRegistration
{
    /// <summary>Safety and the tool loop: the page's own.</summary>
    public const string WithTools = "tools";

    /// <summary>The same with passages from the documents.</summary>
    public const string WithDocuments = "documents";

    // A model that calls tools without end must not hold its place for ever.
    private const int MostToolRounds = 5;

    public static IServiceCollection AddGemma(this IServiceCollection services, ServerOptions options)
    {
        services.AddGemma4(gemma =>
        {
            gemma.UseNano();
            gemma.ModelPath = options.ModelPath ?? gemma.ModelPath;
            gemma.ModelId = options.ModelId ?? (options.ModelPath is null ? gemma.ModelId : null);
            gemma.WarmUpOnStart = true;
        }).UseOpenTelemetry();

        // An application registers a real embedding model here in its place.
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(new SizedEmbeddingGenerator());
        services.AddGemma4Retrieval(retrieval => retrieval.Search.Top = 2).AddDocuments(options.Documents);

        services.AddKeyedChatClient(WithTools, provider => provider.GetRequiredService<Gemma4ChatClient>())
            .UseSafety()
            .UseFunctionInvocation(configure: loop => loop.MaximumIterationsPerRequest = MostToolRounds)
            .UseOpenTelemetry();
        services.AddKeyedChatClient(WithDocuments, provider => provider.GetRequiredService<Gemma4ChatClient>())
            .UseSafety()
            .UseRetrieval() // outside the tool loop: once for each question
            .UseFunctionInvocation(configure: loop => loop.MaximumIterationsPerRequest = MostToolRounds)
            .UseOpenTelemetry();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ModelHealth>();
        return services;
    }
}
