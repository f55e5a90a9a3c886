namespace Gemma4.Generation;

/// <summary>
/// How much of a prompt to read between two steps of the responses under way: about as much as takes the time of such a
/// step, so that they slow down to half their speed at most.
/// </summary>
internal sealed class StepPlan(int chunkSize)
{
    // Of a step's time: the rest is for pieces that take longer than expected.
    private const double Share = 0.8;

    // Weight of the latest measurement: a few steps change the picture, one does not.
    private const double Weight = 0.25;

    private double _stepSeconds;
    private double _tokenSeconds;

    public int PieceSize(bool othersDecode) => othersDecode && _stepSeconds > 0 && _tokenSeconds > 0
        ? (int)Math.Clamp(_stepSeconds * Share / _tokenSeconds, 1, chunkSize)
        : chunkSize;

    public void Decoded(TimeSpan time) => Average(ref _stepSeconds, time.TotalSeconds);

    public void Prefilled(int tokens, TimeSpan time) => Average(ref _tokenSeconds, time.TotalSeconds / tokens);

    private static void Average(ref double average, double latest) =>
        average = average == 0 ? latest : ((1 - Weight) * average) + (Weight * latest);
}
