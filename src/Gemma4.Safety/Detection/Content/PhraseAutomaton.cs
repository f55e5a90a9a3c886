namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds any of many phrases in one pass (Aho and Corasick), over folded text, white space runs counting as one space.</summary>
internal sealed class PhraseAutomaton
{
    private readonly Dictionary<(int State, char Character), int> _next = [];
    private readonly List<int> _fail = [0];      // [state] -> the longest other state that is a suffix of this one
    private readonly List<int> _phrase = [-1];   // [state] -> the phrase that ends here
    private readonly List<int> _shorter = [0];   // [state] -> the next suffix state with a phrase
    private readonly List<string> _phrases = [];

    public PhraseAutomaton(IEnumerable<string> phrases)
    {
        foreach (var phrase in phrases)
        {
            var folded = string.Join(' ', TextFolding.Fold(phrase).Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            if (folded.Length > 0)
            {
                Insert(folded);
                MaxLength = Math.Max(MaxLength, folded.Length);
            }
        }

        Link();
    }

    /// <summary>The longest phrase, in characters.</summary>
    public int MaxLength { get; private set; }

    /// <summary>Calls back with phrase index, start and end in the text for every phrase that stands there as words of its own.</summary>
    public void Find(ReadOnlySpan<char> text, Action<int, int, int> found)
    {
        var positions = new int[text.Length]; // [fed character] -> its position
        var fed = 0;
        var state = 0;
        for (var position = 0; position < text.Length; position++)
        {
            var character = char.IsWhiteSpace(text[position]) ? ' ' : text[position];
            if (character == ' ' && fed > 0 && char.IsWhiteSpace(text[positions[fed - 1]]))
            {
                continue;
            }

            positions[fed++] = position;
            state = Step(state, character);
            for (var hit = _phrase[state] >= 0 ? state : _shorter[state]; hit > 0; hit = _shorter[hit])
            {
                var phrase = _phrase[hit];
                var start = positions[fed - _phrases[phrase].Length];
                if (IsWhole(text, start, position))
                {
                    found(phrase, start, position + 1);
                }
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<char> text, int start, int last) =>
        (start == 0 || !Joins(text[start - 1], text[start])) && (last + 1 == text.Length || !Joins(text[last], text[last + 1]));

    // Two letters or digits belong to one word, except in scripts written without spaces.
    private static bool Joins(char left, char right) =>
        char.IsLetterOrDigit(left) && char.IsLetterOrDigit(right) && !IsUnspaced(left) && !IsUnspaced(right);

    private static bool IsUnspaced(char character) => character is (>= '\u0E00' and <= '\u0EFF') or (>= '\u2E80' and <= '\uD7FF');

    private void Insert(string phrase)
    {
        var state = 0;
        foreach (var character in phrase)
        {
            if (!_next.TryGetValue((state, character), out var next))
            {
                next = _fail.Count;
                _next[(state, character)] = next;
                _fail.Add(0);
                _phrase.Add(-1);
                _shorter.Add(0);
            }

            state = next;
        }

        if (_phrase[state] < 0)
        {
            _phrase[state] = _phrases.Count;
        }

        _phrases.Add(phrase);
    }

    private void Link()
    {
        var edges = _next.ToLookup(edge => edge.Key.State, edge => (edge.Key.Character, edge.Value));
        var queue = new Queue<int>();
        queue.Enqueue(0);
        while (queue.TryDequeue(out var state))
        {
            foreach (var (character, next) in edges[state])
            {
                _fail[next] = state == 0 ? 0 : Step(_fail[state], character);
                _shorter[next] = _phrase[_fail[next]] >= 0 ? _fail[next] : _shorter[_fail[next]];
                queue.Enqueue(next);
            }
        }
    }

    private int Step(int state, char character)
    {
        while (true)
        {
            if (_next.TryGetValue((state, character), out var next))
            {
                return next;
            }

            if (state == 0)
            {
                return 0;
            }

            state = _fail[state];
        }
    }
}
