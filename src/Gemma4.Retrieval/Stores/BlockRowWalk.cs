namespace Gemma4.Retrieval.Stores;

/// <summary>Walks the rows of a block that have a vector and are in the mask; without allocation.</summary>
internal struct BlockRowWalk(VectorBlock block, int first, int rows, RowMask? mask)
{
    private readonly float[] _inverseNorms = block.InverseNorms;

    public int Current { get; private set; } = -1;

    public readonly BlockRowWalk GetEnumerator() => this;

    public bool MoveNext()
    {
        while (++Current < rows)
        {
            if (!float.IsNaN(_inverseNorms[Current]) && (mask is null || mask[first + Current]))
            {
                return true;
            }
        }

        return false;
    }
}
