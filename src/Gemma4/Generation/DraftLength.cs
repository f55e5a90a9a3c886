namespace Gemma4.Generation;

/// <summary>
/// How many tokens to guess next, from how the last guesses went. It counts and does not measure, so that a seed gives
/// the same answer on a slow and on a fast day.
/// </summary>
internal sealed class DraftLength(int most)
{
    // What one guessed token adds to a step, in steps: 0.1 to 0.18 of E2B at int4 on two cores, and some reserve.
    private const double CostPerToken = 0.2;

    // What guesses may cost in all: this share of the response's steps, beyond the guess under way.
    private const double LossShare = 0.03;

    // Steps won earlier that wrong guesses may use up again, so that a passage between two quotes does not end guessing.
    private const double MostCredit = 2;

    // The first guess is short: if it is wrong, a response of twenty tokens has lost its share.
    private int _length = Math.Min(3, most);
    private double _loss;
    private int _steps;

    /// <summary>Most tokens to guess for the next step; 0 where guessing has not paid.</summary>
    public int Next => _loss <= LossShare * _steps ? _length : 0;

    /// <summary>Notes a step: how many tokens were guessed for it, and how many of them were right.</summary>
    public void Note(int guessed, int right)
    {
        _steps++;
        if (guessed > 0)
        {
            _loss = Math.Max(-MostCredit, _loss + (guessed * CostPerToken) - right);
            _length = right == guessed ? Math.Min(_length * 2, most) : Math.Max(right, 1);
        }
    }
}
