using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Memory;

/// <summary>Remembers messages by their vectors and finds those that are near a question. Safe for concurrent use.</summary>
public sealed class ConversationMemory
{
    private readonly Lock _gate = new();
    private readonly List<(string Text, float[] Vector)> _entries = [];
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embeddings;

    /// <summary>Makes an empty memory.</summary>
    /// <param name="embeddings">Makes the vectors; any length, the same for all.</param>
    /// <param name="maxEntries">How many messages are kept, the oldest go first; at least 1.</param>
    public ConversationMemory(IEmbeddingGenerator<string, Embedding<float>> embeddings, int maxEntries = 1000)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        _embeddings = embeddings;
        MaxEntries = maxEntries;
    }

    /// <summary>How many messages are kept.</summary>
    public int MaxEntries { get; }

    /// <summary>Remembers the texts of users' and assistants' messages; calls and results are not remembered.</summary>
    public async ValueTask RememberAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        string[] texts = [.. messages
            .Where(message => (message.Role == ChatRole.User || message.Role == ChatRole.Assistant) && !string.IsNullOrWhiteSpace(message.Text))
            .Select(message => $"{message.Role}: {message.Text}")];
        if (texts.Length == 0)
        {
            return;
        }

        GeneratedEmbeddings<Embedding<float>> vectors = await _embeddings.GenerateAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _entries.AddRange(texts.Zip(vectors, (text, vector) => (text, vector.Vector.ToArray())));
            if (_entries.Count > MaxEntries)
            {
                _entries.RemoveRange(0, _entries.Count - MaxEntries);
            }
        }
    }

    /// <summary>The remembered texts nearest to a question, nearest first, each with its cosine.</summary>
    /// <param name="question">The question.</param>
    /// <param name="count">Most texts; at least 1.</param>
    /// <param name="least">Least cosine, -1 to 1.</param>
    /// <param name="cancellationToken">Stops the making of the question's vector.</param>
    public async Task<IReadOnlyList<(string Text, double Score)>> RecallAsync(
        string question, int count = 3, double least = 0.3, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(question);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        GeneratedEmbeddings<Embedding<float>> made = await _embeddings.GenerateAsync([question], cancellationToken: cancellationToken).ConfigureAwait(false);
        float[] asked = made[0].Vector.ToArray();
        (string Text, float[] Vector)[] entries;
        lock (_gate)
        {
            entries = [.. _entries];
        }

        return [.. entries.Select(entry => (entry.Text, Score: VectorDistance.Cosine(asked, entry.Vector)))
            .Where(entry => entry.Score >= least).OrderByDescending(entry => entry.Score).Take(count)];
    }
}
