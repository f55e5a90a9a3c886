namespace Gemma4.Sampling.Constraints;

/// <summary>Tokens as a tree of bytes, flat and in depth-first order: skipping a subtree is one jump.</summary>
internal sealed class TokenTrie
{
    private readonly byte[] _bytes; // [node]
    private readonly byte[] _depths; // [node], from 0
    private readonly int[] _ends; // [node], the first node behind the subtree
    private readonly int[] _firstToken; // [node + 1], into the tokens
    private readonly int[] _tokens;

    /// <param name="sorted">Tokens in order of their bytes, none of them empty.</param>
    /// <param name="bytesOf">The bytes of a token.</param>
    public TokenTrie(ReadOnlySpan<int> sorted, BytesOf bytesOf)
    {
        _tokens = sorted.ToArray();
        var bytes = new List<byte>();
        var depths = new List<byte>();
        var ends = new List<int>();
        var firstToken = new List<int>();
        var path = new List<int>();
        ReadOnlySpan<byte> previous = default;
        for (var i = 0; i < _tokens.Length; i++)
        {
            var current = bytesOf(_tokens[i]);
            var shared = previous.CommonPrefixLength(current);
            Close(shared);
            for (var depth = shared; depth < current.Length; depth++)
            {
                path.Add(bytes.Count);
                bytes.Add(current[depth]);
                depths.Add((byte)depth);
                ends.Add(0);
                firstToken.Add(i);
            }

            previous = current;
        }

        Close(0);
        firstToken.Add(_tokens.Length);
        _bytes = [.. bytes];
        _depths = [.. depths];
        _ends = [.. ends];
        _firstToken = [.. firstToken];

        void Close(int depth)
        {
            for (; path.Count > depth; path.RemoveAt(path.Count - 1))
            {
                ends[path[^1]] = bytes.Count;
            }
        }
    }

    public delegate ReadOnlySpan<byte> BytesOf(int token);

    public ReadOnlySpan<byte> Bytes => _bytes;

    public ReadOnlySpan<byte> Depths => _depths;

    public ReadOnlySpan<int> Ends => _ends;

    /// <summary>The tokens that end at a node.</summary>
    public ReadOnlySpan<int> TokensAt(int node) => _tokens.AsSpan(_firstToken[node].._firstToken[node + 1]);
}
