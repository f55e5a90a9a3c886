using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Handoffs;

/// <summary>
/// Several agents behind one client. An agent hands over by a tool call, which is answered like any other, so that no
/// call stays open; the next one goes on with the same conversation and its own tools. Who answers next is read from the
/// conversation: the agent to whom it was handed last, or the first.
/// </summary>
public sealed class HandoffChatClient : IChatClient
{
    private const string Prefix = "transfer_to_";
    private const string Answer = "Handed over to ";

    private readonly IReadOnlyList<HandoffAgent> _agents;
    private readonly Dictionary<string, IChatClient> _clients = new(StringComparer.Ordinal);
    private readonly int _maxHandoffs;

    /// <summary>Makes a client of agents.</summary>
    /// <param name="agents">The agents, the one who begins first. Their clients stay the caller's to dispose.</param>
    /// <param name="maxHandoffs">How often one request may be handed over before the last agent must answer itself; at least 1.</param>
    /// <exception cref="ArgumentException">No agent, two of one name, a name that no tool can have, or an unknown target.</exception>
    public HandoffChatClient(IReadOnlyList<HandoffAgent> agents, int maxHandoffs = 5)
    {
        ArgumentNullException.ThrowIfNull(agents);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxHandoffs, 1);
        if (agents.Count == 0)
        {
            throw new ArgumentException("There is no agent.", nameof(agents));
        }

        _agents = agents;
        _maxHandoffs = maxHandoffs;
        foreach (HandoffAgent agent in agents)
        {
            if (agent.Name.Length == 0 || !agent.Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
            {
                throw new ArgumentException($"'{agent.Name}' cannot be part of a tool's name; use letters, digits and underscores.", nameof(agents));
            }

            IChatClient client = agent.Client.GetService<FunctionInvokingChatClient>() is null ? agent.Client.AsBuilder().UseFunctionInvocation().Build() : agent.Client;
            if (!_clients.TryAdd(agent.Name, client))
            {
                throw new ArgumentException($"Two agents have the name '{agent.Name}'.", nameof(agents));
            }
        }

        if (agents.SelectMany(agent => agent.Targets ?? []).FirstOrDefault(target => !_clients.ContainsKey(target)) is { } unknown)
        {
            throw new ArgumentException($"There is no agent '{unknown}' to hand over to.", nameof(agents));
        }
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync([.. messages], options, isStreaming: false, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync([.. messages], options, isStreaming: true, cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        // A tool loop around this one must be told that the agents run their tools themselves.
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : _clients[_agents[0].Name].GetService(serviceType, serviceKey);
    }

    /// <summary>Does nothing: the agents' clients are the caller's.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> RunAsync(
        List<ChatMessage> messages, ChatOptions? options, bool isStreaming,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int handoff = 0; ; handoff++)
        {
            HandoffAgent agent = Current(messages);
            IChatClient client = _clients[agent.Name];
            ChatOptions own = OptionsOf(agent, options, mayHandOver: handoff < _maxHandoffs);
            IEnumerable<ChatMessage> seen = agent.History is { } history ? history(messages) : messages;
            List<ChatResponseUpdate> sent = [];
            IAsyncEnumerable<ChatResponseUpdate> updates = isStreaming
                ? client.GetStreamingResponseAsync(seen, own, cancellationToken)
                : (await client.GetResponseAsync(seen, own, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates().ToAsyncEnumerable();
            await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
            {
                update.AuthorName ??= update.Role == ChatRole.Tool ? null : agent.Name;
                sent.Add(update);
                yield return update;
            }

            if (Closing(sent) is { } closing)
            {
                sent.Add(closing);
                yield return closing;
            }

            messages.AddRange(sent.ToChatResponse().Messages);
            if (Current(messages) == agent)
            {
                yield break;
            }
        }
    }

    /// <summary>An answer for each call beside the one that handed over: a model must not see a call without one.</summary>
    private static ChatResponseUpdate? Closing(List<ChatResponseUpdate> sent)
    {
        FunctionResultContent[] results = [.. sent.SelectMany(update => update.Contents).OfType<FunctionResultContent>()];
        if (!results.Any(IsHandoff))
        {
            return null; // Open calls are then the caller's to run.
        }

        AIContent[] open = [.. sent.SelectMany(update => update.Contents).OfType<FunctionCallContent>()
            .Where(call => results.All(result => result.CallId != call.CallId))
            .Select(call => new FunctionResultContent(call.CallId, "Not run: the conversation was handed over."))];
        return open.Length == 0 ? null : new ChatResponseUpdate(ChatRole.Tool, open) { ResponseId = sent[^1].ResponseId, MessageId = sent[^1].MessageId + "-closed" };
    }

    private HandoffAgent Current(List<ChatMessage> messages)
    {
        for (int i = messages.Count - 1; i >= 0; i--)
        {
            foreach (FunctionResultContent result in messages[i].Contents.OfType<FunctionResultContent>().Where(IsHandoff))
            {
                // A result alone could be any tool's text: the call that it answers decides.
                string? tool = messages.Take(i + 1).SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault(call => call.CallId == result.CallId)?.Name;
                if (tool?.StartsWith(Prefix, StringComparison.Ordinal) == true && _agents.FirstOrDefault(agent => agent.Name == tool[Prefix.Length..]) is { } agent)
                {
                    return agent;
                }
            }
        }

        return _agents[0];
    }

    private static bool IsHandoff(FunctionResultContent result) => result.Result?.ToString()?.StartsWith(Answer, StringComparison.Ordinal) == true;

    private ChatOptions OptionsOf(HandoffAgent agent, ChatOptions? options, bool mayHandOver)
    {
        ChatOptions own = options?.Clone() ?? new ChatOptions();
        own.Instructions = string.Join("\n\n", new[] { options?.Instructions, agent.Instructions }.Where(text => !string.IsNullOrEmpty(text)));
        own.Instructions = own.Instructions.Length == 0 ? null : own.Instructions;
        List<AITool> tools = [.. options?.Tools ?? [], .. agent.Tools];
        if (mayHandOver)
        {
            tools.AddRange(_agents
                .Where(other => other != agent && agent.Targets?.Contains(other.Name) != false)
                .Select(other => AIFunctionFactory.Create(() => HandOver(other), Prefix + other.Name, $"Hands the conversation over. {other.Description}")));
        }

        own.Tools = tools.Count == 0 ? null : tools;
        return own;
    }

    private static string HandOver(HandoffAgent other)
    {
        if (FunctionInvokingChatClient.CurrentContext is { } context)
        {
            context.Terminate = true; // The other one answers now.
        }

        return Answer + other.Name;
    }
}
