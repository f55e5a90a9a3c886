namespace Gemma4.Generation;

/// <summary>
/// When a piece of a prompt is read between the steps of responses under way. A piece costs about the same however few
/// tokens it has, since the weights have to be read for it; so pieces stay whole, and each is paid back by steps. The
/// beginning of a prompt is read soon, because whoever has just come has nothing yet and computes in common steps from
/// then on; the rest of a long one is rare among the tokens of others.
/// </summary>
internal sealed class StepPlan
{
    // Pieces of a prompt that are read soon: what no earlier request has read is seldom longer.
    private const int SoonPieces = 2;

    // Of the time of steps, what pieces may take: responses go on at seven tenths of their speed or more.
    private const double Share = 0.4;

    // Debt with which the beginning of a prompt may still be read, in steps: as many requests as run by default, 8, start
    // one after the other where a piece takes six steps. More than that pay first, however many come.
    private const double SoonAllowance = 48;

    // The same for the rest of a prompt.
    private const double Allowance = 4;

    // A piece that is longer than a step shows as a gap in the stream. However fast pieces are, fewer than one gap in
    // twenty holds one while a long prompt is read, so that 95 of 100 tokens come as fast as ever.
    private const int StepsPerPiece = 28;

    // Weight of the latest step: a few change the picture, one does not.
    private const double Weight = 0.25;

    private double _stepSeconds;
    private double _debtSeconds;
    private int _stepsSincePiece = StepsPerPiece;

    /// <summary>Whether a piece may be read now, beside responses under way.</summary>
    /// <param name="piecesRead">Pieces that were read of the same prompt.</param>
    public bool MayRead(int piecesRead) => piecesRead < SoonPieces
        ? _debtSeconds <= SoonAllowance * _stepSeconds
        : _debtSeconds <= Allowance * _stepSeconds && _stepsSincePiece >= StepsPerPiece;

    public void Decoded(TimeSpan time)
    {
        _stepSeconds = _stepSeconds == 0 ? time.TotalSeconds : ((1 - Weight) * _stepSeconds) + (Weight * time.TotalSeconds);
        _debtSeconds = Math.Max(0, _debtSeconds - (Share * time.TotalSeconds));
        _stepsSincePiece = Math.Min(_stepsSincePiece + 1, StepsPerPiece);
    }

    /// <summary>Notes a piece that responses under way have waited for.</summary>
    public void Waited(TimeSpan time)
    {
        _debtSeconds += time.TotalSeconds;
        if (time.TotalSeconds > _stepSeconds)
        {
            _stepsSincePiece = 0;
        }
    }
}
