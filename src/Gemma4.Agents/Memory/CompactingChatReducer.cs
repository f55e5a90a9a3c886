using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Memory;

/// <summary>
/// Leaves out the older part of a conversation when it grows too long. A call stays with its results, the system
/// messages and the last question stay, and where it was cut follows from the whole conversation: until the next cut each
/// request only adds to the one before it. Give the whole conversation each time, or what the last reduction gave.
/// The summaries of the last 1024 cuts are remembered, over all conversations; one that comes again later is made anew.
/// </summary>
public sealed class CompactingChatReducer : IChatReducer
{
    private const string SummaryStart = "[Summary of the earlier conversation]\n";
    private const string CutNote = "[The earlier conversation is left out.]";

    /// <summary>How many summaries are remembered, the oldest are forgotten first.</summary>
    internal const int MaxSummaries = 1024;

    // Role and markers of a message in the prompt.
    private const int MessageTokens = 4;

    private readonly CompactionOptions _options;
    private readonly BoundedMap<Lazy<Task<string>>> _summaries = new(MaxSummaries);

    /// <summary>Makes a reducer.</summary>
    /// <param name="options">The settings; null means the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public CompactingChatReducer(CompactionOptions? options = null)
    {
        _options = options ?? new CompactionOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public async Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] all = [.. messages];
        ChatMessage[] system = [.. all.TakeWhile(message => message.Role == ChatRole.System)];
        List<List<ChatMessage>> units = Units(all.Skip(system.Length));
        int fixedTokens = system.Sum(Tokens);
        List<List<ChatMessage>> kept = [];
        List<ChatMessage> left = [];
        string? note = null;
        int tokens = fixedTokens;
        // Every request goes through the same cuts, as if the conversation grew unit by unit.
        foreach (List<ChatMessage> unit in units)
        {
            kept.Add(unit);
            tokens += unit.Sum(Tokens);
            if (tokens <= _options.MaxTokens)
            {
                continue;
            }

            List<ChatMessage> dropped = [];
            while (kept.Count > 1 && tokens > _options.KeepTokens)
            {
                // The question that is being worked on stays, however much was done for it.
                int oldest = kept[0][0] == LastQuestion(kept) ? 1 : 0;
                if (oldest >= kept.Count - 1)
                {
                    break;
                }

                dropped.AddRange(kept[oldest]);
                tokens -= kept[oldest].Sum(Tokens);
                kept.RemoveAt(oldest);
            }

            if (dropped.Count > 0)
            {
                tokens -= note is null ? 0 : _options.CountTokens(note) + MessageTokens;
                left.AddRange(dropped);
                note = await NoteAsync(note, left, dropped, cancellationToken).ConfigureAwait(false);
                tokens += _options.CountTokens(note) + MessageTokens;
            }
        }

        return note is null ? all : [.. system, new ChatMessage(ChatRole.User, note), .. kept.SelectMany(unit => unit)];
    }

    private async Task<string> NoteAsync(string? before, List<ChatMessage> left, List<ChatMessage> now, CancellationToken cancellationToken)
    {
        // The same cut comes again with every later request; its summary is made once.
        string key = CanonicalCall.Hash(string.Join('\n', left.Select(message => $"{message.Role}\t{MessageText.Of(message)}")));
        ChatMessage[] messages = [.. now];
        Lazy<Task<string>> own = new(async () =>
        {
            if (_options.Forgotten is { } forgotten)
            {
                await forgotten(messages, cancellationToken).ConfigureAwait(false);
            }

            string? earlier = before?.StartsWith(SummaryStart, StringComparison.Ordinal) == true ? before[SummaryStart.Length..] : null;
            return _options.Summarize is { } summarize
                ? SummaryStart + await summarize(earlier, messages, cancellationToken).ConfigureAwait(false)
                : CutNote;
        });
        while (true)
        {
            Lazy<Task<string>> summary = _summaries.GetOrAdd(key, own);
            try
            {
                return await summary.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (summary != own && !cancellationToken.IsCancellationRequested)
            {
                // Another request was making it and was cancelled: this one was not, and makes it itself.
                _summaries.Remove(key, summary);
            }
            catch when (summary == own || summary.Value.IsCompleted)
            {
                _summaries.Remove(key, summary); // A failure or a cancelled request must not stay.
                throw;
            }
        }
    }

    private static ChatMessage? LastQuestion(List<List<ChatMessage>> units) => units.LastOrDefault(unit => unit[0].Role == ChatRole.User)?[0];

    /// <summary>What must stay together: a message, or an answer with calls and all that answers them.</summary>
    private static List<List<ChatMessage>> Units(IEnumerable<ChatMessage> messages)
    {
        List<List<ChatMessage>> units = [];
        HashSet<string> open = new(StringComparer.Ordinal);
        foreach (ChatMessage message in messages)
        {
            bool isAnswer = message.Contents.OfType<FunctionResultContent>().Any() || message.Role == ChatRole.Tool;
            if (units.Count > 0 && (isAnswer || open.Count > 0))
            {
                units[^1].Add(message);
            }
            else
            {
                units.Add([message]);
            }

            foreach (AIContent content in message.Contents)
            {
                if (content is FunctionCallContent call)
                {
                    open.Add(call.CallId);
                }
                else if (content is FunctionResultContent result)
                {
                    open.Remove(result.CallId);
                }
            }
        }

        return units;
    }

    private int Tokens(ChatMessage message) => _options.CountTokens(MessageText.Of(message)) + MessageTokens;
}
