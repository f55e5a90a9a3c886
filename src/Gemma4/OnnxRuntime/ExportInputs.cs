using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>Single numbers that some exports take beside the sequence. Bound once, changed in place.</summary>
internal sealed class ExportInputs : IDisposable
{
    // 0 means all positions to graphs that have the input.
    private const long None = -1;

    private readonly long[] _logitsToKeep = GC.AllocateArray<long>(1, pinned: true);
    private readonly byte[] _cacheBranch = GC.AllocateArray<byte>(1, pinned: true);
    private readonly OrtValue? _logitsValue;
    private readonly OrtValue? _branchValue;

    internal ExportInputs(DecoderGraph graph, OrtIoBinding binding)
    {
        _logitsToKeep[0] = 1;
        if (graph.LogitsToKeep is { } keep)
        {
            _logitsValue = Over(_logitsToKeep, TensorElementType.Int64, graph.LogitsToKeepRank, sizeof(long));
            binding.BindInput(keep, _logitsValue);
        }

        if (graph.CacheBranch is { } branch)
        {
            _branchValue = Over(_cacheBranch, TensorElementType.Bool, graph.CacheBranchRank, sizeof(byte));
            binding.BindInput(branch, _branchValue);
        }
    }

    /// <summary>Tells the graph whether there is a past, and how many of the last positions to score: 0 for none.</summary>
    internal void Set(int held, int rows = 1)
    {
        _cacheBranch[0] = held > 0 ? (byte)1 : (byte)0;
        _logitsToKeep[0] = rows == 0 ? None : rows;
    }

    public void Dispose()
    {
        _logitsValue?.Dispose();
        _branchValue?.Dispose();
    }

    private static OrtValue Over<T>(T[] pinned, TensorElementType type, int rank, int bytes)
        where T : unmanaged => PinnedValue.Over(pinned, type, rank == 0 ? [] : [1L], bytes);
}
