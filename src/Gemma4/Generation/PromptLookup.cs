namespace Gemma4.Generation;

/// <summary>
/// Guesses the next tokens of a response: what followed the last time that its latest tokens stood in the prompt or the
/// response. Answers that quote a tool's result or a passage are guessed well.
/// </summary>
internal sealed class PromptLookup
{
    private readonly List<int> _tokens = [];

    // Where to read on after three tokens; the latest place counts.
    private readonly Dictionary<(int, int, int), int> _following = [];

    public PromptLookup(ReadOnlySpan<int> prompt)
    {
        _tokens.Capacity = prompt.Length * 2;
        Add(prompt);
    }

    /// <summary>Number of tokens known, those of the prompt included.</summary>
    public int Count => _tokens.Count;

    public void Add(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            int place = _tokens.Count;
            if (place >= 3)
            {
                _following[(_tokens[place - 3], _tokens[place - 2], _tokens[place - 1])] = place;
            }

            _tokens.Add(token);
        }
    }

    /// <summary>Adds up to <paramref name="most"/> guessed tokens to <paramref name="draft"/>; none where nothing is known.</summary>
    public void Guess(int most, List<int> draft)
    {
        int end = _tokens.Count;
        if (end < 3 || !_following.TryGetValue((_tokens[end - 3], _tokens[end - 2], _tokens[end - 1]), out int place))
        {
            return;
        }

        // Past the end the guess goes on from itself: what repeats is guessed to go on repeating.
        for (int i = place; draft.Count < most; i++)
        {
            draft.Add(i < end ? _tokens[i] : draft[i - end]);
        }
    }
}
