using System.Globalization;
using Gemma4.Generation;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>A session of a graph that scores as many of the last positions as it is asked for.</summary>
internal sealed class OnnxDraftSession(
    OnnxGenerationEngine engine,
    DecoderGraph graph,
    EmbeddingGraph? embeddingGraph,
    OrtIoBinding binding,
    EmbeddingStep? embedding,
    SessionCache cache,
    LoadedAdapter? adapter)
    : OnnxGenerationSession(engine, graph, embeddingGraph, binding, embedding, cache, adapter), IDraftSession
{
    void IDraftSession.Append(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken)
    {
        if (rows < 1 || rows > Math.Max(1, tokens.Length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(rows), rows, string.Create(CultureInfo.InvariantCulture, $"{rows} positions are to be scored of {tokens.Length} tokens. Score 1 up to {tokens.Length}."));
        }

        Append(tokens, rows, cancellationToken);
    }

    public ReadOnlySpan<float> LogitsOf(int row) => row >= 0 && row < ScoredRows
        ? ScoredRow(row)
        : throw new ArgumentOutOfRangeException(
            nameof(row), row, string.Create(CultureInfo.InvariantCulture, $"The last append scored {ScoredRows} positions; there is no row {row}."));
}
