using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>Finds the tokens a configuration allows by walking the vocabulary's tree along with it.</summary>
internal sealed class MaskBuilder(ConstraintVocabulary vocabulary, int[] stopTokens, Expansion expansion)
{
    // Beyond this many single ids a bit for every token is smaller and faster to copy.
    private const int MostSingles = 4096;

    private readonly Configuration[] _path = new Configuration[257]; // [depth]
    private readonly List<int> _found = [];

    public TokenMask Build(Configuration configuration)
    {
        _found.Clear();
        var slice = ChooseSlice(configuration, out var maxChars);
        Walk(configuration, slice?.Rest ?? vocabulary.All);
        foreach (var top in configuration.Tops)
        {
            if (top.Node is ControlNode control)
            {
                _found.AddRange(control.Ids);
            }
        }

        if (configuration.Accepts)
        {
            _found.AddRange(stopTokens);
        }

        var isWholeSlice = slice is not null && maxChars >= vocabulary.LongestToken;
        if (isWholeSlice || (slice is null && _found.Count <= MostSingles))
        {
            return new TokenMask(slice?.Bits, ownsBits: false, [.. _found]);
        }

        var bits = new ulong[(vocabulary.Size + 63) / 64];
        slice?.AddShort(bits, maxChars);
        foreach (var token in _found)
        {
            bits[token / 64] |= 1UL << (token % 64);
        }

        return new TokenMask(bits, ownsBits: true, []);
    }

    private TokenSlice? ChooseSlice(Configuration configuration, out int maxChars)
    {
        maxChars = 0;
        Frame? best = null;
        var kind = SliceKind.None;
        foreach (var top in configuration.Tops)
        {
            var found = top.Node.SliceOf(top, out var chars);
            if (found != SliceKind.None && chars > maxChars)
            {
                (best, kind, maxChars) = (top, found, chars);
            }
        }

        if (best is null)
        {
            return null;
        }

        if (maxChars < vocabulary.LongestToken)
        {
            // Longer tokens of the slice are not looked at again, so nothing else may take them.
            foreach (var top in configuration.Tops)
            {
                if (!ReferenceEquals(top, best) && !top.Node.IsOutside(top, kind))
                {
                    return null;
                }
            }
        }

        return vocabulary.Slice(kind);
    }

    private void Walk(Configuration start, TokenTrie trie)
    {
        var bytes = trie.Bytes;
        var depths = trie.Depths;
        var ends = trie.Ends;
        var steps = 0L;
        var threads = 0L;
        _path[0] = start;
        for (var node = 0; node < bytes.Length;)
        {
            var from = _path[depths[node]];
            if (!from.TryGetNext(bytes[node], out var next))
            {
                next = expansion.Step(from, bytes[node]);
                threads += from.Tops.Length;
            }

            steps++;
            if (next.Tops.Length == 0 && !next.Accepts)
            {
                node = ends[node];
                continue;
            }

            _found.AddRange(trie.TokensAt(node));
            _path[depths[node] + 1] = next;
            node++;
            if (steps + threads > ConstraintBudget.MaxMaskSteps || expansion.FrameCount > 4 * ConstraintBudget.MaxFrames)
            {
                throw new Gemma4ConstraintException(
                    $"One mask takes more than {ConstraintBudget.MaxMaskSteps} steps: the grammar can be read in too many "
                    + "ways. Make its alternatives differ earlier.");
            }
        }
    }
}
