using System.Text.Json;
using Gemma4.Generation;

namespace Gemma4.Cli.Inspect;

/// <summary><c>{"ids","greedy"}</c> to <c>{"argmax","top","continuation"}</c>. The ids are taken as given.</summary>
internal sealed class LogitsInspector(IGenerationEngine engine) : ILineInspector
{
    private const int TopCount = 5;
    private const int ChunkSize = 128;

    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var ids = line.RequiredIds("ids", engine.VocabularySize);
        var count = line.Count("greedy");
        if (ids.Length == 0)
        {
            throw new FormatException("\"ids\" is empty; there are no logits without a token.");
        }

        // The last id of a continuation is never fed back.
        if (ids.Length + Math.Max(count - 1, 0) > engine.MaxContextTokens)
        {
            throw new FormatException(
                $"{ids.Length} ids and {count} greedy ones do not fit into the context of {engine.MaxContextTokens} tokens.");
        }

        using var session = engine.CreateSession();
        for (var start = 0; start < ids.Length; start += ChunkSize)
        {
            session.Append(ids.AsSpan(start, Math.Min(ChunkSize, ids.Length - start)), cancellationToken);
        }

        var top = Top(session.Logits);
        answer.WriteNumber("argmax", top[0].Id);
        answer.WriteStartArray("top");
        foreach (var (id, logit) in top)
        {
            answer.WriteStartArray();
            answer.WriteNumberValue(id);
            answer.WriteNumberValue(logit);
            answer.WriteEndArray();
        }

        answer.WriteEndArray();
        answer.WriteIds("continuation", Continue(session, top[0].Id, count, cancellationToken));
    }

    private static int[] Continue(IGenerationSession session, int next, int count, CancellationToken cancellationToken)
    {
        var continuation = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                session.Append([continuation[i - 1]], cancellationToken);
                next = Top(session.Logits)[0].Id;
            }

            continuation[i] = next;
        }

        return continuation;
    }

    /// <summary>The largest logits, descending; of equal ones the lower id first.</summary>
    private static List<(int Id, float Logit)> Top(ReadOnlySpan<float> logits)
    {
        var top = new List<(int Id, float Logit)>(TopCount + 1);
        for (var id = 0; id < logits.Length; id++)
        {
            if (top.Count == TopCount && logits[id] <= top[^1].Logit)
            {
                continue;
            }

            var place = top.Count;
            while (place > 0 && logits[id] > top[place - 1].Logit)
            {
                place--;
            }

            top.Insert(place, (id, logits[id]));
            if (top.Count > TopCount)
            {
                top.RemoveAt(TopCount);
            }
        }

        return top;
    }
}
