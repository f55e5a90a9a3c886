using Gemma4.Sampling;

namespace Gemma4.Tests.Sampling;

/// <summary>What can be picked and how often, by sorting everything: slow, obvious, written apart from the sampler.</summary>
internal static class NaiveNucleus
{
    public static Dictionary<int, double> Probabilities(float[] logits, SamplingSettings settings)
    {
        var ranked = Enumerable.Range(0, logits.Length)
            .Where(id => logits[id] > float.NegativeInfinity)
            .OrderByDescending(id => logits[id])
            .ThenBy(id => id)
            .Take(settings.TopK == 0 ? int.MaxValue : settings.TopK)
            .ToArray();
        var weights = ranked.Select(id => Math.Exp(((double)logits[id] - logits[ranked[0]]) / settings.Temperature))
            .ToArray();
        var total = weights.Sum();
        var kept = new Dictionary<int, double>();
        var before = 0.0;
        for (var i = 0; i < ranked.Length; i++)
        {
            var isInNucleus = i == 0 || settings.TopP >= 1 || before / total < settings.TopP;
            if (isInNucleus && weights[i] >= settings.MinP)
            {
                kept.Add(ranked[i], weights[i]);
            }

            before += weights[i];
        }

        var keptTotal = kept.Values.Sum();
        return kept.ToDictionary(pair => pair.Key, pair => pair.Value / keptTotal);
    }
}
