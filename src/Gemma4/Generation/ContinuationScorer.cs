namespace Gemma4.Generation;

/// <summary>Log-probabilities of given continuations after given prompts, which one request reads one after the other.</summary>
internal sealed class ContinuationScorer(int[][] prompts, int[][] continuations, CancellationToken cancellationToken)
{
    private readonly double[][] _scores = new double[prompts.Length][];
    private int _scored;

    /// <summary>[prompt][continuation]; whole once the last prompt was scored.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Scores => _scores;

    /// <summary>Scores after the prompt that the session has just read.</summary>
    /// <returns>The prompt to read next, or null after the last one.</returns>
    public int[]? ScoreNext(PrefixCache cache, CachedSession session)
    {
        int length = session.Tokens.Length;
        double[] scores = _scores[_scored] = new double[continuations.Length];
        double normalizer = LogSum(session.Session.Logits);
        for (int i = 0; i < continuations.Length; i++)
        {
            scores[i] = session.Session.Logits[continuations[i][0]] - normalizer;
        }

        // Only now, because a longer continuation moves the session away from the prompt.
        for (int i = 0; i < continuations.Length; i++)
        {
            int[] continuation = continuations[i];
            for (int position = 1; position < continuation.Length; position++)
            {
                cache.Append(session, continuation.AsSpan(position - 1, 1), rows: 1, cancellationToken);
                scores[i] += session.Session.Logits[continuation[position]] - LogSum(session.Session.Logits);
            }

            session.RewindTo(length);
        }

        return ++_scored < prompts.Length ? prompts[_scored] : null;
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum);
    }
}
