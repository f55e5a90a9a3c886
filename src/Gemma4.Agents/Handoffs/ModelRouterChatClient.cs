using System.Runtime.CompilerServices;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Handoffs;

/// <summary>
/// Chooses a client for each request: by a rule where there is one, else by asking a small model. Put it outermost, so that
/// a question with all its tool rounds stays with one client. The clients stay the caller's to dispose.
/// </summary>
public sealed class ModelRouterChatClient : IChatClient
{
    // A name and little else.
    private const int AnswerTokens = 16;

    private readonly IReadOnlyList<RoutedClient> _routes;
    private readonly IChatClient? _router;
    private readonly Func<IReadOnlyList<ChatMessage>, string?>? _rule;

    /// <summary>Makes a router.</summary>
    /// <param name="routes">The clients; the first is taken when nothing decides.</param>
    /// <param name="router">The small model; null means that the rule alone decides.</param>
    /// <param name="rule">Gives a route's name, or null to let the model decide.</param>
    /// <exception cref="ArgumentException">No route, or two of one name.</exception>
    public ModelRouterChatClient(IReadOnlyList<RoutedClient> routes, IChatClient? router = null, Func<IReadOnlyList<ChatMessage>, string?>? rule = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (routes.Count == 0 || routes.Select(route => route.Name).Distinct(StringComparer.Ordinal).Count() != routes.Count)
        {
            throw new ArgumentException("A router needs one route or more, each with a name of its own.", nameof(routes));
        }

        _routes = routes;
        _router = router;
        _rule = rule;
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        IChatClient client = await ChooseAsync(conversation, cancellationToken).ConfigureAwait(false);
        return await client.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        IChatClient client = await ChooseAsync(conversation, cancellationToken).ConfigureAwait(false);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : _routes[0].Client.GetService(serviceType, serviceKey);
    }

    /// <summary>Does nothing: the clients are the caller's.</summary>
    public void Dispose()
    {
    }

    private async Task<IChatClient> ChooseAsync(List<ChatMessage> conversation, CancellationToken cancellationToken)
    {
        string? name = _rule?.Invoke(conversation);
        if (name is null && _router is not null)
        {
            string question = conversation.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
            string choices = string.Join('\n', _routes.Select(route => $"{route.Name}: {route.Description}"));
            ChatResponse answer = await _router.GetResponseAsync(
                $"Which helper should answer?\n{choices}\n\nQuestion: {question}\n\nReply with the helper's name only.",
                new ChatOptions { Temperature = 0, MaxOutputTokens = AnswerTokens },
                cancellationToken).ConfigureAwait(false);
            name = NearName.Resolve(answer.Text.Trim().Trim('.', '"', '\'', '*', '`'), [.. _routes.Select(route => route.Name)]);
        }
        else if (name is not null && _routes.All(route => route.Name != name))
        {
            throw new InvalidOperationException($"The routing rule gave '{name}'; the routes are: {string.Join(", ", _routes.Select(route => route.Name))}.");
        }

        return (_routes.FirstOrDefault(route => route.Name == name) ?? _routes[0]).Client;
    }
}
