using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// For graphs that return past and new rows as one longer tensor: a run reads from one buffer and writes to the other,
/// and then they change places. A step that fails has spoilt nothing that is held.
/// </summary>
internal sealed class GrowingCache : SessionCache
{
    private readonly OrtValue?[] _past;
    private readonly OrtValue?[] _present;
    private CacheBuffer?[] _held;
    private CacheBuffer?[] _next;

    // Rows that each head of the held buffers takes; more than the tokens held after a rewind.
    private int _rows;

    internal GrowingCache(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens)
        : base(graph, budget, initialCapacity, maxTokens)
    {
        int count = graph.Caches.Count;
        _past = new OrtValue?[count];
        _present = new OrtValue?[count];
        _held = new CacheBuffer?[count];
        _next = new CacheBuffer?[count];
    }

    internal override void Bind(int held, int added, OrtIoBinding binding)
    {
        Pack(held);
        for (int index = 0; index < _held.Length; index++)
        {
            CacheTensor tensor = Graph.Caches[index];
            OrtValue past = _past[index] ??= _held[index]!.CreateValue(held);
            OrtValue present = _next[index]!.CreateValue(held + added);
            _present[index]?.Dispose();
            _present[index] = present;
            binding.BindInput(tensor.PastName, past);
            binding.BindOutput(tensor.PresentName, present);
        }
    }

    internal override void Accept(int total)
    {
        (_held, _next) = (_next, _held);
        for (int index = 0; index < _past.Length; index++)
        {
            _past[index]?.Dispose();
            _past[index] = _present[index];
            _present[index] = null;
        }

        _rows = total;
    }

    internal override Span<byte> HeldRows(int index, int head, int held) => _held[index]!.Rows(0, head, _rows, held);

    protected override void Resize(int capacity, int held)
    {
        Pack(held);
        for (int index = 0; index < _held.Length; index++)
        {
            if (_held[index] is not { } old || old.Capacity < capacity)
            {
                var grown = new CacheBuffer(Graph.Caches[index], capacity);
                if (_held[index] is { } smaller)
                {
                    grown.CopyFrom(smaller, held, held, held);
                }

                Drop(_past, index);
                _held[index]?.Dispose();
                _held[index] = grown;
            }

            if (_next[index] is not { } spare || spare.Capacity < capacity)
            {
                var grown = new CacheBuffer(Graph.Caches[index], capacity);
                Drop(_present, index);
                _next[index]?.Dispose();
                _next[index] = grown;
            }
        }
    }

    protected override void CopyFrom(SessionCache source, int tokens)
    {
        var other = (GrowingCache)source;
        for (int index = 0; tokens > 0 && index < _held.Length; index++)
        {
            _held[index]!.CopyFrom(other._held[index]!, other._rows, tokens, tokens);
        }

        _rows = tokens;
    }

    protected override void BeginAt(int held, int start) => _rows = held;

    protected override void FreeBuffers()
    {
        foreach (OrtValue?[] values in new[] { _past, _present })
        {
            Array.ForEach(values, value => value?.Dispose());
        }

        foreach (CacheBuffer?[] buffers in new[] { _held, _next })
        {
            Array.ForEach(buffers, buffer => buffer?.Dispose());
        }
    }

    // After a rewind every head moves up, so that no gap is left between the rows of two heads.
    private void Pack(int held)
    {
        if (held == _rows)
        {
            return;
        }

        for (int index = 0; index < _held.Length; index++)
        {
            _held[index]?.CopyFrom(_held[index]!, _rows, held, held);
            Drop(_past, index);
        }

        _rows = held;
    }

    private static void Drop(OrtValue?[] values, int index)
    {
        values[index]?.Dispose();
        values[index] = null;
    }
}
