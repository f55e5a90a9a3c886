using Gemma4.Retrieval.Chat;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.AI;

/// <summary>Adds retrieval to a chat client.</summary>
public static class RetrievalChatClientBuilderExtensions
{
    /// <summary>Answers from documents, with checked citations. Add it outside function invocation, so that it runs once per question.</summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="search">Finds passages; null takes the one registered by <c>AddGemma4Retrieval</c>.</param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ChatClientBuilder UseRetrieval(this ChatClientBuilder builder, DocumentSearch? search = null, Action<RetrievalOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        RetrievalOptions options = new();
        configure?.Invoke(options);
        if (options.ContextTokens < 50)
        {
            throw new ArgumentException($"ContextTokens is {options.ContextTokens}; it must be at least 50.", nameof(configure));
        }

        if (options.Neighbours < 0 || options.SupportThreshold is < 0 or > 1)
        {
            throw new ArgumentException($"Neighbours ({options.Neighbours}) must not be negative and SupportThreshold ({options.SupportThreshold}) must be from 0 to 1.", nameof(configure));
        }

        return builder.Use((inner, services) => new RetrievalChatClient(inner, search ?? services.GetRequiredService<DocumentSearch>(), options));
    }
}
