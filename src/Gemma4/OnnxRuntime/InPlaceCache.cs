using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Buffers bound as past and as present at once: a run writes its rows behind those it reads. Rows past the length are
/// never read, so a rewind moves nothing.
/// </summary>
internal sealed class InPlaceCache : SessionCache
{
    private readonly CacheBuffer?[] _buffers;
    private readonly OrtValue?[] _values;

    internal InPlaceCache(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens)
        : base(graph, budget, initialCapacity, maxTokens)
    {
        _buffers = new CacheBuffer?[graph.Caches.Count];
        _values = new OrtValue?[graph.Caches.Count];
    }

    internal override void Bind(int held, int added, OrtIoBinding binding)
    {
        // Bound when the buffers were made.
    }

    internal override void Accept(int total)
    {
        // The rows are where the next step looks for them.
    }

    protected override void Resize(int capacity, int held, OrtIoBinding binding)
    {
        for (int index = 0; index < _buffers.Length; index++)
        {
            CacheBuffer? old = _buffers[index];
            if (old is not null && old.Capacity >= capacity)
            {
                continue;
            }

            CacheTensor tensor = Graph.Caches[index];
            var grown = new CacheBuffer(tensor, capacity);
            OrtValue? value = null;
            try
            {
                if (old is not null)
                {
                    grown.CopyFrom(old, old.Capacity, capacity, held);
                }

                value = grown.CreateValue(capacity);
                binding.BindInput(tensor.PastName, value);
                binding.BindOutput(tensor.PresentName, value);
            }
            catch
            {
                value?.Dispose();
                grown.Dispose();
                throw;
            }

            _values[index]?.Dispose();
            _values[index] = value;
            _buffers[index] = grown;
            old?.Dispose();
        }
    }

    protected override void FreeBuffers()
    {
        Array.ForEach(_values, value => value?.Dispose());
        Array.ForEach(_buffers, buffer => buffer?.Dispose());
    }
}
