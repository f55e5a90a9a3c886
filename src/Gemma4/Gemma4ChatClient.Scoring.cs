using Gemma4.Generation;
using Gemma4.Models;
using Microsoft.Extensions.AI;

namespace Gemma4;

public sealed partial class Gemma4ChatClient
{
    /// <summary>
    /// What <c>GetService</c> gives under this type is <see cref="ScoreAsync"/>: stages that know nothing of Gemma 4 find it there.
    /// </summary>
    private static readonly Type ScorerType = typeof(Func<IReadOnlyList<IReadOnlyList<ChatMessage>>, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<IReadOnlyList<double>>>>);

    private Func<IReadOnlyList<IReadOnlyList<ChatMessage>>, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<IReadOnlyList<double>>>> Scorer => ScoreAsync;

    /// <summary>
    /// How likely the model would begin its answer with each of the given texts. Nothing is generated: one forward pass
    /// per conversation, and what a conversation shares with the one before it is not computed again. All together are
    /// one request, which leaves the prefix cache as it is; one such request at a time runs in turn with the steps of others.
    /// </summary>
    /// <param name="conversations">The conversations, each ending where the answer would begin; at least one.</param>
    /// <param name="answers">The beginnings of answers, none empty, e.g. <c>Yes</c> and <c>No</c>. Further tokens than the first cost a step each.</param>
    /// <param name="cancellationToken">Ends the work between two pieces of a prompt.</param>
    /// <returns>Natural logarithms of probabilities, 0 or less: [conversation][answer].</returns>
    /// <exception cref="ArgumentException">There is no conversation or no answer, or one is empty.</exception>
    /// <exception cref="Gemma4ContextOverflowException">A conversation with an answer does not fit into the context.</exception>
    /// <exception cref="Gemma4BusyException">As many as <see cref="Gemma4Options.Scheduling"/> allows run or wait, or the wait was too long.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<double>>> ScoreAsync(
        IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, IReadOnlyList<string> answers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(conversations);
        ArgumentNullException.ThrowIfNull(answers);
        if (conversations.Count == 0 || conversations.Any(conversation => conversation is not { Count: > 0 }))
        {
            throw new ArgumentException("There is no conversation, or one without messages.", nameof(conversations));
        }

        if (answers.Count == 0 || answers.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("There is no answer to score, or an empty one.", nameof(answers));
        }

        RequestSettings settings = RequestSettings.From(null, _options, this, _metadata.DefaultModelId!, _constraints);
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        LoadedModel model = lease.Model;
        int[][] continuations = [.. answers.Select(answer => model.Tokenizer.EncodeText(answer).ToArray())];
        int[][] prompts = [.. conversations.Select(conversation => Render([.. conversation], settings, model).Encode(model.Tokenizer))];
        int longest = prompts.Max(prompt => prompt.Length) + continuations.Max(continuation => continuation.Length) - 1;
        if (longest > model.Engine.MaxContextTokens)
        {
            throw new Gemma4ContextOverflowException(longest, model.Engine.MaxContextTokens);
        }

        ContinuationScorer scorer = new(prompts, continuations, cancellationToken);
        using GenerationRequest request = new(prompts[0], cancellationToken) { IsApart = true, WhenRead = scorer.ScoreNext };
        await RunAsync(model, request, cancellationToken).ConfigureAwait(false);
        return scorer.Scores;
    }
}
