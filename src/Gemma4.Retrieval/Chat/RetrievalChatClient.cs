using System.Runtime.CompilerServices;
using System.Text;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Chat;

/// <summary>
/// Adds passages to a request as untrusted content of the last user message, and checks the citations of the answer: a
/// <see cref="CitationAnnotation"/> for each cited source, and a <see cref="CitationReport"/>.
/// </summary>
internal sealed class RetrievalChatClient(IChatClient inner, DocumentSearch search, RetrievalOptions options) : DelegatingChatClient(inner)
{
    private readonly ContextBuilder _context = new(options);

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken).ConfigureAwait(false);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        (List<ChatMessage> request, IReadOnlyList<DocumentChunk>? sources, IReadOnlyDictionary<string, double> scores) =
            await WithContextAsync([.. messages], options, cancellationToken).ConfigureAwait(false);
        StringBuilder answer = new();
        ChatResponseUpdate? last = null;
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(request, options, cancellationToken).ConfigureAwait(false))
        {
            answer.Append(update.Text);
            last = update;
            yield return update;
        }

        if (sources is not null && last is not null && answer.Length > 0)
        {
            yield return Citations(answer.ToString(), sources, scores, last);
        }
    }

    // An empty text that only carries annotations; their regions count from the start of the whole answer.
    private ChatResponseUpdate Citations(string answer, IReadOnlyList<DocumentChunk> sources, IReadOnlyDictionary<string, double> scores, ChatResponseUpdate last)
    {
        (CitationReport report, IList<AIAnnotation> annotations) = CitationChecker.Check(answer, sources, options.SupportThreshold);
        report = report with { Scores = [.. sources.Select(source => scores.TryGetValue(source.Key, out double score) ? score : (double?)null)] };
        return new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("") { Annotations = annotations }])
        {
            ResponseId = last.ResponseId,
            MessageId = last.MessageId,
            ModelId = last.ModelId,
            AuthorName = last.AuthorName,
            CreatedAt = last.CreatedAt,
            AdditionalProperties = new() { [CitationReport.Key] = report },
        };
    }

    private async Task<(List<ChatMessage> Request, IReadOnlyList<DocumentChunk>? Sources, IReadOnlyDictionary<string, double> Scores)> WithContextAsync(
        List<ChatMessage> messages, ChatOptions? chatOptions, CancellationToken cancellationToken)
    {
        int asked = messages.FindLastIndex(message => message.Role == ChatRole.User);
        if (asked < 0)
        {
            return (messages, null, new Dictionary<string, double>());
        }

        IReadOnlyList<string> queries = await options.Queries(messages, cancellationToken).ConfigureAwait(false);
        (List<DocumentChunk> found, Dictionary<string, double> scores) = await FindAsync(queries, options.Tenant(chatOptions), cancellationToken).ConfigureAwait(false);
        (string text, IReadOnlyList<DocumentChunk> sources) = _context.Build(found);
        if (sources.Count > 0)
        {
            // The caller's message stays as it was.
            ChatMessage question = messages[asked].Clone();
            question.Contents = [new TextContent($"{options.Instruction}\n\n{text}\nQuestion: "), .. question.Contents];
            messages[asked] = question;
        }

        return (messages, sources, scores);
    }

    private async Task<(List<DocumentChunk> Found, Dictionary<string, double> Scores)> FindAsync(IReadOnlyList<string> queries, string tenant, CancellationToken cancellationToken)
    {
        List<IReadOnlyList<string>> rankings = [];
        Dictionary<string, Passage> known = [];
        foreach (string query in queries)
        {
            IReadOnlyList<Passage> passages = await search.SearchAsync(query, tenant, cancellationToken: cancellationToken).ConfigureAwait(false);
            rankings.Add([.. passages.Select(passage => passage.Chunk.Key)]);
            foreach (Passage passage in passages)
            {
                known.TryAdd(passage.Chunk.Key, passage);
            }
        }

        IReadOnlyList<(string Document, double Score)> fused = RankFusion.Reciprocal<string>(rankings);
        List<DocumentChunk> found = [.. fused.Select(hit => known[hit.Document].Chunk)];
        Dictionary<string, double> scores = fused.ToDictionary(hit => hit.Document, hit => queries.Count == 1 ? known[hit.Document].Score : hit.Score);
        if (options.Neighbours > 0)
        {
            foreach (DocumentChunk chunk in found.ToArray())
            {
                found.AddRange(await search.NeighboursAsync(chunk, options.Neighbours, cancellationToken).ConfigureAwait(false));
            }
        }

        return (found, scores);
    }
}
