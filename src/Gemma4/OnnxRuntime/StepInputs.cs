using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// What a step of one session feeds beside the caches. Bound once for a number of tokens; a further step of as many
/// writes ids and positions in place and makes new values only for the masks, whose length is how the graph learns the
/// length of the sequence.
/// </summary>
internal sealed class StepInputs : IDisposable
{
    private readonly DecoderGraph _graph;
    private readonly OrtIoBinding _binding;
    private readonly EmbeddingStep? _embedding;
    private readonly ExportInputs _exportInputs;
    private readonly PinnedIntegers _ids;
    private readonly PinnedIntegers _positions;
    private readonly PinnedIntegers _mask;
    private readonly PinnedIntegers _slidingMask;
    private OrtValue? _idValue;
    private OrtValue? _positionValue;
    private OrtValue? _maskValue;
    private OrtValue? _slidingMaskValue;
    private int _boundTokens;

    internal StepInputs(DecoderGraph graph, EmbeddingGraph? embeddingGraph, OrtIoBinding binding, EmbeddingStep? embedding)
    {
        (_graph, _binding, _embedding) = (graph, binding, embedding);
        _exportInputs = new ExportInputs(graph, binding);
        _ids = new PinnedIntegers(embeddingGraph?.IdType ?? graph.IdType);
        _positions = new PinnedIntegers(graph.PositionType);
        _mask = new PinnedIntegers(graph.MaskType);
        _slidingMask = new PinnedIntegers(graph.SlidingMaskType);
    }

    /// <summary>Binds tokens that follow the first <paramref name="held"/>.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="held">Tokens before them.</param>
    /// <param name="windowRows">Of those, the ones whose rows windowed caches hold.</param>
    /// <param name="rows">Positions to score, for graphs that ask; 0 for none, for those that can.</param>
    /// <param name="capacity">Tokens that the masks can soon get to.</param>
    internal void Bind(ReadOnlySpan<int> tokens, int held, int windowRows, int rows, int capacity)
    {
        if (tokens.Length != _boundTokens)
        {
            BindIds(tokens.Length);
        }

        for (int index = 0; index < tokens.Length; index++)
        {
            _ids.Set(index, tokens[index]);
        }

        if (_graph.PositionIds is not null)
        {
            for (int index = 0; index < tokens.Length; index++)
            {
                _positions.Set(index, held + index);
            }
        }

        BindMask(_graph.AttentionMask, _mask, held + tokens.Length, capacity, ref _maskValue);
        if (_graph.SlidingMask is { } sliding)
        {
            int most = Math.Min(capacity, _graph.Window!.Capacity);
            BindMask(sliding, _slidingMask, windowRows + tokens.Length, most, ref _slidingMaskValue);
        }

        _exportInputs.Set(held, rows);
    }

    /// <summary>After a failed run nothing counts as bound.</summary>
    internal void Unbind() => _boundTokens = 0;

    public void Dispose()
    {
        _exportInputs.Dispose();
        _idValue?.Dispose();
        _positionValue?.Dispose();
        _maskValue?.Dispose();
        _slidingMaskValue?.Dispose();
    }

    private void BindIds(int count)
    {
        _boundTokens = 0;
        long[] shape = [1, count];
        Rebind(_graph.InputIds, _ids, count, shape, ref _idValue);
        _embedding?.Bind(_idValue!, count);
        if (_graph.PositionIds is { } name)
        {
            Rebind(name, _positions, count, shape, ref _positionValue);
        }

        _boundTokens = count;
    }

    private void Rebind(string? name, PinnedIntegers numbers, int count, long[] shape, ref OrtValue? value)
    {
        if (numbers.Capacity < count)
        {
            numbers.Grow(count);
        }

        OrtValue fresh = numbers.CreateValue(shape);
        if (name is not null)
        {
            _binding.BindInput(name, fresh);
        }

        value?.Dispose();
        value = fresh;
    }

    private void BindMask(string name, PinnedIntegers numbers, int total, int capacity, ref OrtValue? value)
    {
        if (numbers.Capacity < total)
        {
            numbers.Grow(capacity);
            numbers.Fill(1);
        }

        OrtValue fresh = numbers.CreateValue([1, total]);
        _binding.BindInput(name, fresh);
        value?.Dispose();
        value = fresh;
    }
}
