namespace Gemma4.Generation;

/// <summary>Whose prompt is read next: round robin, so that a short one is not kept waiting by a long one.</summary>
internal sealed class PromptTurns(List<GenerationRequest> reading, PrefixCache cache)
{
    private int _turn;

    /// <summary>Null where nobody's can be.</summary>
    /// <param name="plan">
    /// What responses under way can bear; null where there are none. They always wait for what is scored: it may be they
    /// that are judged.
    /// </param>
    public GenerationRequest? Next(StepPlan? plan)
    {
        for (int i = 0; i < reading.Count; i++)
        {
            GenerationRequest request = reading[(_turn + i) % reading.Count];
            if (request.IsApart
                || (plan?.MayRead(request.PiecesRead) != false && (request.Session is not null || !SharesWithOneUnderWay(request))))
            {
                _turn = (_turn + i + 1) % reading.Count;
                return request;
            }
        }

        return null;
    }

    // Another prompt with the same beginning is being read: its session can be copied once it has got so far.
    private bool SharesWithOneUnderWay(GenerationRequest request) => cache.CanFork && reading.Exists(other =>
        other.Session is { } session
        && other.AdapterFile == request.AdapterFile
        && other.Prompt.AsSpan().CommonPrefixLength(request.Prompt) >= session.Tokens.Length + PrefixCache.WorthForking);
}
