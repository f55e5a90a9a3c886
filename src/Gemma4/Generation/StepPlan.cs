namespace Gemma4.Generation;

/// <summary>
/// When a piece of a prompt is read between the steps of responses under way. A piece costs about the same however few
/// tokens it has, since the weights have to be read for it; so pieces stay whole, and each is paid back by steps before
/// the next one: most tokens come as fast as ever, and a few wait for one piece.
/// </summary>
internal sealed class StepPlan
{
    // Of the time of steps, what pieces may take: responses go on at seven tenths of their speed or more.
    private const double Share = 0.4;

    // A piece that is longer than a step shows as a gap in the stream. However fast pieces are, fewer than one gap in
    // twenty holds one, so that 95 of 100 tokens come as fast as ever; the first pieces of a prompt come sooner.
    private const double StepsPerPiece = 28;

    // Debt with which a piece may still begin, in steps: a few short prompts start at once.
    private const double Allowance = 4;

    // Weight of the latest step: a few change the picture, one does not.
    private const double Weight = 0.25;

    private double _stepSeconds;
    private double _debtSeconds;

    /// <summary>Whether a piece may be read now, beside responses under way.</summary>
    public bool MayRead => _debtSeconds <= Allowance * _stepSeconds;

    public void Decoded(TimeSpan time)
    {
        _stepSeconds = _stepSeconds == 0 ? time.TotalSeconds : ((1 - Weight) * _stepSeconds) + (Weight * time.TotalSeconds);
        _debtSeconds = Math.Max(0, _debtSeconds - (Share * time.TotalSeconds));
    }

    /// <summary>Notes a piece that responses under way have waited for.</summary>
    public void Waited(TimeSpan time) =>
        _debtSeconds += time.TotalSeconds > _stepSeconds ? Math.Max(time.TotalSeconds, Share * StepsPerPiece * _stepSeconds) : time.TotalSeconds;
}
