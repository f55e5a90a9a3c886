using System.ComponentModel;
using System.Runtime.CompilerServices;
using Gemma4.Agents.Execution;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Selection;

/// <summary>
/// Shows the model only the tools that fit the question. What is shown follows from the conversation alone: it stays the
/// same through the rounds of a question, and tools once called or found stay shown.
/// </summary>
public sealed class ToolSelectionChatClient : DelegatingChatClient
{
    private const string SearchName = "find_tools";

    // A model that only searches must come to an end.
    private const int MaxSearches = 3;

    private static readonly AIFunctionDeclaration Search = AIFunctionFactory.Create(
        ([Description("What the tool should do")] string need) => need, SearchName, "Finds further tools when none of the given ones fits.");

    private readonly ToolSelectionOptions _options;
    private readonly ToolRanking _ranking;

    /// <summary>Makes the stage around a client.</summary>
    /// <param name="innerClient">The model, or the stages before it.</param>
    /// <param name="options">The settings; null means the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public ToolSelectionChatClient(IChatClient innerClient, ToolSelectionOptions? options = null)
        : base(innerClient)
    {
        _options = options ?? new ToolSelectionOptions();
        _options.Validate();
        _ranking = new ToolRanking(_options.Embeddings);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync([.. messages], options, isStreaming: false, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync([.. messages], options, isStreaming: true, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> RunAsync(
        List<ChatMessage> messages, ChatOptions? options, bool isStreaming, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int search = 0; ; search++)
        {
            ChatOptions? shown = await ShownAsync(messages, options, search < MaxSearches, cancellationToken).ConfigureAwait(false);
            List<FunctionCallContent> searches = [];
            List<ChatResponseUpdate> sent = [];
            await foreach (ChatResponseUpdate update in InnerClient.UpdatesAsync(messages, shown, isStreaming, cancellationToken).ConfigureAwait(false))
            {
                ChatResponseUpdate passed = Marked(update, searches);
                sent.Add(passed);
                yield return passed;
            }

            if (searches.Count == 0)
            {
                yield break;
            }

            ChatResponseUpdate found = new(ChatRole.Tool, await ResultsAsync(searches, options, cancellationToken).ConfigureAwait(false))
            {
                ResponseId = sent[^1].ResponseId,
                MessageId = sent[^1].MessageId + "-found",
            };
            sent.Add(found);
            yield return found;
            messages.AddRange(sent.ToChatResponse().Messages);
            bool hasOthers = sent.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Any(call => !call.InformationalOnly);
            if (hasOthers || search >= MaxSearches)
            {
                yield break;
            }
        }
    }

    private static ChatResponseUpdate Marked(ChatResponseUpdate update, List<FunctionCallContent> searches)
    {
        if (!update.Contents.Any(content => content is FunctionCallContent { Name: SearchName }))
        {
            return update;
        }

        ChatResponseUpdate marked = update.Clone();
        marked.Contents = [.. update.Contents.Select(content =>
        {
            if (content is not FunctionCallContent { Name: SearchName } call)
            {
                return content;
            }

            searches.Add(call);
            // Answered here: the tool loop outside must not look for it.
            return new FunctionCallContent(call.CallId, call.Name, call.Arguments) { InformationalOnly = true };
        })];
        return marked;
    }

    private async Task<IList<AIContent>> ResultsAsync(List<FunctionCallContent> searches, ChatOptions? options, CancellationToken cancellationToken)
    {
        List<AIContent> results = [];
        foreach (FunctionCallContent call in searches)
        {
            string need = call.Arguments?.TryGetValue("need", out object? value) == true ? value?.ToString() ?? "" : "";
            IReadOnlyList<AIFunctionDeclaration> ranked = await _ranking.RankAsync(need, Declared(options), cancellationToken).ConfigureAwait(false);
            results.Add(new FunctionResultContent(call.CallId, string.Join(", ", ranked.Take(_options.MaxTools).Select(tool => tool.Name))));
        }

        return results;
    }

    private async Task<ChatOptions?> ShownAsync(List<ChatMessage> messages, ChatOptions? options, bool maySearch, CancellationToken cancellationToken)
    {
        List<AIFunctionDeclaration> declared = Declared(options);
        if (declared.Count <= _options.MaxTools || options?.ToolMode is RequiredChatToolMode { RequiredFunctionName: not null })
        {
            return options;
        }

        string question = string.Join('\n', messages.Where(message => message.Role == ChatRole.User).TakeLast(1).Select(message => message.Text));
        // The rest of a cut result is fetched by no word of the question.
        HashSet<string> names = [.. _options.AlwaysOn, ResultStore.ToolName, .. Kept(messages)];
        IReadOnlyList<AIFunctionDeclaration> ranked = await _ranking.RankAsync(question, declared, cancellationToken).ConfigureAwait(false);
        names.UnionWith(ranked.Take(_options.MaxTools).Select(tool => tool.Name));
        ChatOptions shown = options!.Clone();
        // In the order declared, so that the start of the prompt changes as little as may be.
        shown.Tools = [.. options.Tools!.Where(tool => tool is not AIFunctionDeclaration || names.Contains(tool.Name))];
        if (_options.OfferSearch && maySearch)
        {
            shown.Tools.Add(Search);
        }

        return shown;
    }

    // What was called, and what a search named, since the conversation began.
    private static IEnumerable<string> Kept(List<ChatMessage> messages)
    {
        FunctionCallContent[] calls = [.. messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
        HashSet<string> searches = [.. calls.Where(call => call.Name == SearchName).Select(call => call.CallId)];
        return calls.Select(call => call.Name).Concat(messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>()
            .Where(result => searches.Contains(result.CallId))
            .SelectMany(result => (result.Result?.ToString() ?? "").Split(", ")));
    }

    private static List<AIFunctionDeclaration> Declared(ChatOptions? options) => [.. options?.Tools?.OfType<AIFunctionDeclaration>() ?? []];
}
