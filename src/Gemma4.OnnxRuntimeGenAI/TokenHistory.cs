using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>
/// The tokens of a session and how they were cut into steps. A native generator that had to be given up is made again
/// from it in the same steps, which gives the same bits.
/// </summary>
internal sealed class TokenHistory
{
    private readonly List<int> _tokens = [];
    private readonly List<int> _ends = [];

    internal int Length => _tokens.Count;

    internal int StepCount => _ends.Count;

    internal void Append(ReadOnlySpan<int> tokens)
    {
        _tokens.AddRange(tokens);
        _ends.Add(_tokens.Count);
    }

    /// <summary>Forgets what follows; a step that is cut through becomes a shorter one.</summary>
    internal void Truncate(int length)
    {
        _tokens.RemoveRange(length, _tokens.Count - length);
        while (_ends.Count > 0 && _ends[^1] > length)
        {
            _ends.RemoveAt(_ends.Count - 1);
        }

        if (length > (_ends.Count == 0 ? 0 : _ends[^1]))
        {
            _ends.Add(length);
        }
    }

    internal ReadOnlySpan<int> Step(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return CollectionsMarshal.AsSpan(_tokens)[start.._ends[index]];
    }
}
