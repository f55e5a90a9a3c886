using Gemma4.Retrieval;
using Gemma4.Retrieval.Redis;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Redis store to retrieval.</summary>
public static class RedisRetrievalBuilderExtensions
{
    /// <summary>Keeps chunks on Redis 8 or Garnet. A registered <see cref="IConnectionMultiplexer"/> is used; otherwise one is made at first use.</summary>
    /// <param name="builder">From <c>AddGemma4Retrieval</c>.</param>
    /// <param name="connection">A StackExchange.Redis connection string, e.g. <c>localhost:6379</c>.</param>
    /// <param name="prefix">Stands before all keys.</param>
    public static Gemma4RetrievalBuilder AddRedisStore(this Gemma4RetrievalBuilder builder, string connection, string prefix = "gemma4")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        return builder.AddStore(provider => new RedisVectorStore(provider.GetService<IConnectionMultiplexer>() ?? ConnectionMultiplexer.Connect(connection), prefix));
    }
}
