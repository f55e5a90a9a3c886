namespace Gemma4.Tokenization;

/// <summary>What every id stands for in a decoded text, as UTF-8: spaces restored, byte pieces as the byte itself.</summary>
internal sealed class PieceBytes
{
    private readonly byte[] _pool;
    private readonly int[] _ends;

    public PieceBytes(byte[] pool, int[] ends)
    {
        _pool = pool;
        _ends = ends;
    }

    public int Count => _ends.Length;

    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            if ((uint)id >= (uint)_ends.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(id),
                    id,
                    $"Token id {id} is not in the vocabulary, which has ids 0 to {_ends.Length - 1}. "
                    + "The model and the tokenizer.json must come from the same checkpoint.");
            }

            int start = id == 0 ? 0 : _ends[id - 1];
            return _pool.AsSpan(start, _ends[id] - start);
        }
    }
}
