using System.Buffers;

namespace Gemma4.Tokenization;

/// <summary>The added tokens of a vocabulary, matched leftmost first and longest first.</summary>
internal sealed class ControlTokens
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _texts = [];
    private readonly Dictionary<char, string[]> _longestFirst;
    private readonly SearchValues<char> _firstUnits;

    public ControlTokens(List<AddedToken> tokens)
    {
        foreach ((string content, int id) in tokens)
        {
            _ids.Add(content, id);
            _texts.Add(id, content);
        }

        _longestFirst = _ids.Keys.GroupBy(content => content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(content => content.Length).ToArray());
        _firstUnits = SearchValues.Create([.. _longestFirst.Keys]);
    }

    public bool Contains(int id) => _texts.ContainsKey(id);

    public bool TryGetId(string content, out int id) => _ids.TryGetValue(content, out id);

    public bool TryGetText(int id, out string? content) => _texts.TryGetValue(id, out content);

    /// <summary>Finds the first control token.</summary>
    /// <returns>Where it starts, or -1.</returns>
    public int Find(ReadOnlySpan<char> text, out int length, out int id)
    {
        for (int start = 0; start < text.Length; start++)
        {
            int step = text[start..].IndexOfAny(_firstUnits);
            if (step < 0)
            {
                break;
            }

            start += step;
            foreach (string content in _longestFirst[text[start]])
            {
                if (text[start..].StartsWith(content, StringComparison.Ordinal))
                {
                    length = content.Length;
                    id = _ids[content];
                    return start;
                }
            }
        }

        length = 0;
        id = -1;
        return -1;
    }
}
