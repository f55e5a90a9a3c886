namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>The declared keys of an object as a tree of characters. Keys below one place are neighbours in number.</summary>
internal sealed class KeyTrie
{
    private readonly List<SortedDictionary<int, int>> _next = [[]]; // [place], character to place
    private readonly List<int> _key = [-1]; // [place]
    private readonly List<(int First, int End)> _below = [(0, 0)]; // [place], numbers of the keys at or below it
    private readonly List<string> _names = [];

    public KeyTrie(IEnumerable<string> names)
    {
        var given = new Dictionary<int, string>();
        foreach (var name in names)
        {
            var place = 0;
            foreach (var rune in name.EnumerateRunes())
            {
                if (!_next[place].TryGetValue(rune.Value, out var next))
                {
                    next = _next.Count;
                    _next[place].Add(rune.Value, next);
                    _next.Add([]);
                    _key.Add(-1);
                    _below.Add((0, 0));
                }

                place = next;
            }

            given[place] = name;
        }

        Number(given);
    }

    /// <summary>The keys in order of their numbers.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of the key that ends at a place, or -1.</summary>
    public int KeyAt(int place) => _key[place];

    public (int First, int End) Below(int place) => _below[place];

    public int Next(int place, int scalar) => _next[place].TryGetValue(scalar, out var next) ? next : -1;

    public SortedDictionary<int, int> Edges(int place) => _next[place];

    // An explicit stack: a key may be thousands of characters long.
    private void Number(Dictionary<int, string> given)
    {
        var open = new Stack<(int Place, bool IsDone)>();
        open.Push((0, false));
        while (open.TryPop(out var step))
        {
            var (place, isDone) = step;
            if (isDone)
            {
                _below[place] = (_below[place].First, _names.Count);
                continue;
            }

            _below[place] = (_names.Count, 0);
            if (given.TryGetValue(place, out var name))
            {
                _key[place] = _names.Count;
                _names.Add(name);
            }

            open.Push((place, true));
            foreach (var next in _next[place].Values.Reverse())
            {
                open.Push((next, false));
            }
        }
    }
}
