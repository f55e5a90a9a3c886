namespace Gemma4.Retrieval.Stores;

/// <summary>
/// Index kinds of <see cref="InMemoryVectorStore"/> beside the abstraction's. <c>QuantizedFlat</c>, the default, reads 8-bit
/// copies with known error first and scores what can be among the results: nothing is missed, a quarter of the bytes are
/// read, a quarter more memory is held. <c>Flat</c> scores every vector and holds no copies.
/// </summary>
public static class InMemoryIndexKind
{
    /// <summary>
    /// The signs of the values are read first, and the 4,000 best, or 40 for each result, are scored in full. The least
    /// reading; near vectors may be missed where signs tell little, as with few dimensions.
    /// </summary>
    public const string BinaryFlat = "BinaryFlat";
}
