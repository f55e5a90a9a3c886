using Gemma4.Remote.Overflow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.Extensions.AI;

/// <summary>Sends requests elsewhere while a model is overloaded.</summary>
public static class OverflowChatClientBuilderExtensions
{
    // By name: an application that only talks to servers must not have to bring the engine, so this package has no reference
    // to Gemma4, and MEAI has no exception for overload. The tests turn away with the real type, so that it is not renamed alone.
    private const string BusyException = "Gemma4BusyException";

    /// <summary>
    /// Local first, elsewhere on overload: a request that the inner client turns away before its first update goes to the
    /// other client. Add it inside function invocation and the other stages, so that each call of the model finds its own
    /// way and all stages see one client.
    /// </summary>
    /// <param name="builder">The pipeline; first added is outermost.</param>
    /// <param name="overflow">Gives the other client, which stays its owner's to dispose.</param>
    /// <param name="isOverload">
    /// Whether a failure means overload; null for exceptions of type <c>Gemma4BusyException</c>. Return true for everything
    /// to fail over as well; a request that is wrong is then asked twice.
    /// </param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseOverflow(this ChatClientBuilder builder, Func<IServiceProvider, IChatClient> overflow, Func<Exception, bool>? isOverload = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(overflow);
        return builder.Use((inner, services) => new OverflowChatClient(
            inner,
            overflow(services),
            isOverload ?? IsBusy,
            (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<OverflowChatClient>()));
    }

    /// <summary>As the other overload, with the client registered under a key, such as by <c>AddKeyedGemma4Remote</c>.</summary>
    /// <param name="builder">The pipeline; first added is outermost.</param>
    /// <param name="serviceKey">The other client's key.</param>
    /// <param name="isOverload">Whether a failure means overload; null for exceptions of type <c>Gemma4BusyException</c>.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseOverflow(this ChatClientBuilder builder, string serviceKey, Func<Exception, bool>? isOverload = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        return builder.UseOverflow(services => services.GetRequiredKeyedService<IChatClient>(serviceKey), isOverload);
    }

    private static bool IsBusy(Exception exception)
    {
        for (Type? type = exception.GetType(); type is not null; type = type.BaseType)
        {
            if (type.Name == BusyException)
            {
                return true;
            }
        }

        return false;
    }
}
