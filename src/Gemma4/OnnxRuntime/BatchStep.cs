using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// One step of several sequences that lie side by side in an arena. Everything is bound once for a number of sequences
/// and an arena's buffers; a step writes one id, one position and one number of the mask for each of them.
/// </summary>
internal sealed class BatchStep : IDisposable
{
    private readonly DecoderGraph _graph;
    private readonly InferenceSession _native;
    private readonly int _vocabularySize;
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding _binding;
    private readonly ExportInputs _exportInputs;
    private readonly PinnedIntegers _ids;
    private readonly PinnedIntegers _positions;
    private readonly MaskRows _mask;
    private readonly MaskRows _slidingMask;
    private readonly List<OrtValue> _values = [];
    private float[] _logits = [];
    private ushort[] _halves = [];
    private int _count;
    private int _version = -1;

    internal BatchStep(DecoderGraph graph, InferenceSession native, CacheArena arena, LoadedAdapter? adapter, int vocabularySize)
    {
        (_graph, _native, _vocabularySize) = (graph, native, vocabularySize);
        (Arena, Adapter) = (arena, adapter);
        _binding = native.CreateIoBinding();
        adapter?.BindTo(_binding);
        _exportInputs = new ExportInputs(graph, _binding);
        _ids = new PinnedIntegers(graph.IdType);
        _positions = new PinnedIntegers(graph.PositionType);
        _mask = new MaskRows(graph.MaskType);
        _slidingMask = new MaskRows(graph.SlidingMaskType);
    }

    internal CacheArena Arena { get; }

    internal LoadedAdapter? Adapter { get; }

    /// <summary>Binds for the first <paramref name="count"/> slots, unless that is how things are bound.</summary>
    internal void Bind(int count)
    {
        if (count == _count && Arena.Version == _version)
        {
            return;
        }

        _count = 0;
        _values.ForEach(value => value.Dispose());
        _values.Clear();
        for (int index = 0; index < _graph.Caches.Count; index++)
        {
            OrtValue cache = Arena.Buffer(index).CreateValue(0, count);
            _values.Add(cache);
            _graph.Caches[index].Bind(_binding, cache);
        }

        BindRow(_graph.InputIds, _ids, count, 1);
        BindRow(_graph.PositionIds, _positions, count, 1);

        BindInput(_graph.AttentionMask, _mask.CreateValue(count, Arena.Capacity));
        if (_graph.SlidingMask is { } sliding)
        {
            BindInput(sliding, _slidingMask.CreateValue(count, Math.Min(Arena.Capacity, _graph.Window!.Capacity)));
        }

        _exportInputs.Set(held: 1);
        BindLogits(count);
        (_count, _version) = (count, Arena.Version);
    }

    /// <summary>Sets what the sequence in a slot appends to the tokens it holds.</summary>
    internal void Set(int slot, int token, int held, int windowRows)
    {
        _ids.Set(slot, token);
        if (_graph.PositionIds is not null)
        {
            _positions.Set(slot, held);
        }

        _mask.Set(slot, held + 1);
        if (_graph.SlidingMask is not null)
        {
            _slidingMask.Set(slot, windowRows + 1);
        }
    }

    internal void Run(CancellationToken cancellationToken)
    {
        try
        {
            NativeRun.Run(_native, _runOptions, _binding, cancellationToken);
        }
        catch
        {
            _count = 0;
            throw;
        }
    }

    /// <summary>Gives the logits of a slot to the session that lies there.</summary>
    internal void Deliver(int slot, OnnxGenerationSession session, int token)
    {
        int start = slot * _vocabularySize;
        if (_graph.LogitsType == TensorElementType.Float)
        {
            session.AcceptStep(token, _logits.AsSpan(start, _vocabularySize), []);
        }
        else
        {
            session.AcceptStep(token, [], _halves.AsSpan(start, _vocabularySize));
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _exportInputs.Dispose();
        _values.ForEach(value => value.Dispose());
        _runOptions.Dispose();
    }

    private void BindRow(string? name, PinnedIntegers numbers, int rows, int columns)
    {
        if (name is null)
        {
            return;
        }

        if (numbers.Capacity < rows * columns)
        {
            numbers.Grow(rows * columns);
        }

        BindInput(name, numbers.CreateValue([rows, columns]));
    }

    private void BindInput(string name, OrtValue value)
    {
        _values.Add(value);
        _binding.BindInput(name, value);
    }

    private void BindLogits(int count)
    {
        int needed = count * _vocabularySize;
        long[] shape = [count, 1, _vocabularySize];
        OrtValue value;
        if (_graph.LogitsType == TensorElementType.Float)
        {
            _logits = _logits.Length >= needed ? _logits : GC.AllocateUninitializedArray<float>(needed, pinned: true);
            value = PinnedValue.Over(_logits, _graph.LogitsType, shape, needed * (long)sizeof(float));
        }
        else
        {
            _halves = _halves.Length >= needed ? _halves : GC.AllocateUninitializedArray<ushort>(needed, pinned: true);
            value = PinnedValue.Over(_halves, _graph.LogitsType, shape, needed * (long)sizeof(ushort));
        }

        _values.Add(value);
        _binding.BindOutput(_graph.Logits, value);
    }
}
