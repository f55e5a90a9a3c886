namespace Gemma4.Generation;

/// <summary>Log-probabilities of given continuations after given prompts, on one session.</summary>
internal sealed class ContinuationScorer(IGenerationSession session, int chunkSize)
{
    private int[] _held = [];

    public IReadOnlyList<IReadOnlyList<double>> Score(int[][] prompts, int[][] continuations, CancellationToken cancellationToken)
    {
        List<IReadOnlyList<double>> result = [];
        foreach (int[] prompt in prompts)
        {
            Continue(prompt, cancellationToken);
            result.Add(Score(prompt.Length, continuations, cancellationToken));
        }

        return result;
    }

    // The last token is always fed again: its logits are what is read.
    private void Continue(int[] prompt, CancellationToken cancellationToken)
    {
        int shared = Math.Min(prompt.AsSpan().CommonPrefixLength(_held), prompt.Length - 1);
        if (shared < session.Length)
        {
            session.RewindTo(shared);
        }

        for (int start = shared; start < prompt.Length; start += chunkSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int end = Math.Min(start + chunkSize, prompt.Length);
            if (end < prompt.Length && session is IPromptSession pieces)
            {
                pieces.AppendUnscored(prompt.AsSpan(start..end), cancellationToken);
            }
            else
            {
                session.Append(prompt.AsSpan(start..end), cancellationToken);
            }
        }

        _held = prompt;
    }

    private double[] Score(int promptLength, int[][] continuations, CancellationToken cancellationToken)
    {
        double[] scores = new double[continuations.Length];
        double normalizer = LogSum(session.Logits);
        for (int i = 0; i < continuations.Length; i++)
        {
            scores[i] = session.Logits[continuations[i][0]] - normalizer;
        }

        // Only now, because a longer continuation moves the session away from the prompt.
        for (int i = 0; i < continuations.Length; i++)
        {
            int[] continuation = continuations[i];
            for (int position = 1; position < continuation.Length; position++)
            {
                session.Append(continuation.AsSpan(position - 1, 1), cancellationToken);
                scores[i] += session.Logits[continuation[position]] - LogSum(session.Logits);
            }

            if (session.Length > promptLength)
            {
                session.RewindTo(promptLength);
            }
        }

        return scores;
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
