using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>
/// Guesses tokens of one response and lets the model check them in the step that reads the latest token anyway. A guess
/// counts only if it is what the sampler picks from the model's logits, so the answers are those of the model.
/// </summary>
internal sealed class Speculation(int mostTokens, EngineMetrics metrics)
{
    private readonly DraftLength _length = new(mostTokens);
    private readonly List<int> _draft = [];
    private readonly List<int> _step = [];
    private PromptLookup? _lookup;

    /// <summary>Reads the tokens that the model has not read yet, and the guesses after them.</summary>
    public void Append(GenerationRequest request, PrefixCache cache, int maxContextTokens)
    {
        CachedSession session = request.Session!;
        ResponseGeneration generation = request.Generation!;
        ReadOnlySpan<int> unread = generation.Unread;
        _draft.Clear();
        int room = Math.Min(maxContextTokens - session.Tokens.Length - unread.Length, generation.TokensLeft - 1);
        int most = Math.Min(_length.Next, room);
        if (most > 0)
        {
            _lookup ??= new PromptLookup(request.Prompt);
            _lookup.Add(generation.Tokens[(_lookup.Count - request.Prompt.Length)..]);
            _lookup.Guess(most, _draft);
        }

        if (_draft.Count > 0 && TryAppendWithDraft(request, cache))
        {
            return;
        }

        _draft.Clear();
        cache.Append(session, unread, rows: 1, request.Cancellation);
    }

    // Guesses that do not fit into the memory are none: the answer may end before it needs so much.
    private bool TryAppendWithDraft(GenerationRequest request, PrefixCache cache)
    {
        _step.Clear();
        _step.AddRange(request.Generation!.Unread);
        _step.AddRange(_draft);
        try
        {
            cache.Append(request.Session!, CollectionsMarshal.AsSpan(_step), _draft.Count + 1, request.Cancellation);
            return true;
        }
        catch (Gemma4CacheFullException)
        {
            return false;
        }
    }

    /// <summary>Picks tokens as long as they are the guessed ones, and takes the other guesses back.</summary>
    public void Advance(GenerationRequest request, List<AIContent> output)
    {
        CachedSession session = request.Session!;
        ResponseGeneration generation = request.Generation!;
        generation.MarkRead();
        int right = 0;
        if (_draft.Count == 0)
        {
            generation.Advance(session.Session.Logits, output);
        }
        else
        {
            IDraftSession scored = (IDraftSession)session.Session;
            int read = session.Tokens.Length - _draft.Count;
            while (generation.FinishReason is null && generation.Unread.IsEmpty)
            {
                generation.Advance(scored.LogitsOf(right), output);
                int same = generation.Unread.CommonPrefixLength(CollectionsMarshal.AsSpan(_draft)[right..]);
                generation.MarkRead(same);
                right += same;
            }

            session.RewindTo(read + right);
            metrics.Drafted(_draft.Count, right);
        }

        _length.Note(_draft.Count, right);
    }
}
