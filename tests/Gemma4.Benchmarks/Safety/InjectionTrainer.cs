using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Injection;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Trains the logistic regression: AdaGrad over hashed features, the strongest window of an attack, every window of a harmless text.</summary>
internal sealed class InjectionTrainer
{
    private const string Templates = "templates"; // the source of texts that are always trained on
    private const int Epochs = 6;
    private const double Rate = 0.4;
    private const double Decay = 3e-4;
    private const int PublicWeight = 4;     // a public text counts as often as this many expanded ones
    private const int Models = 5;
    private const int Folds = 10;
    private const int Repeats = 2;          // of the cross-validation, each with other folds
    private const double FalseAlarms = 0.02; // wanted share of harmless texts of any one set, by cross-validation: the final model sees more texts and raises fewer

    private readonly float[] _weights = new float[InjectionFeatures.Count];
    private readonly float[] _squares = new float[InjectionFeatures.Count];
    private double _bias;

    public static void Run(string data, string templates, string output, bool useDeepset)
    {
        var texts = new InjectionTemplates(templates).Expand()
            .Concat(InjectionCorpus.Public(data, heldOut: false).Where(text => useDeepset || text.Source != "deepset"))
            .Select(text => (Text: text, Windows: Windows(text.Text))).Where(entry => entry.Windows.Length > 0).ToArray();
        Console.WriteLine($"{texts.Length} texts, {texts.Count(entry => entry.Text.IsAttack)} attacks");

        var logits = CrossValidate(texts);
        foreach (var share in (double[])[0.002, 0.005, 0.01, 0.015, 0.02])
        {
            var limit = Limit(texts, logits, share);
            var attacks = texts.Zip(logits).Where(entry => entry.First.Text is { IsAttack: true, Source: not Templates }).ToArray();
            Console.WriteLine($"  cross-validated: {share:P1} false alarms per set, {(double)attacks.Count(entry => entry.Second > limit) / Math.Max(1, attacks.Length):P1} of {attacks.Length} public attacks");
        }

        var threshold = Limit(texts, logits, FalseAlarms);
        var final = Trained(texts);
        final._bias -= threshold;
        using var stream = File.Create(output);
        final.Quantise().Write(stream);
        Console.WriteLine($"threshold {threshold:F3} (logit), {final._weights.Count(weight => weight != 0)} weights in use, {stream.Length / 1024} KB written to {output}");
    }

    // For each public text the mean over the repeats of what models that did not see it say.
    private static double[] CrossValidate((InjectionText Text, int[][] Windows)[] texts)
    {
        var logits = new double[texts.Length];
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var random = new Random(repeat);
            var folds = texts.Select(entry => entry.Text.Source == Templates ? -1 : random.Next(Folds)).ToArray();
            for (var fold = 0; fold < Folds; fold++)
            {
                var trainer = Trained([.. texts.Where((_, index) => folds[index] != fold)]);
                for (var index = 0; index < texts.Length; index++)
                {
                    logits[index] += folds[index] == fold ? trainer.Best(texts[index].Windows).Logit / Repeats : 0;
                }
            }
        }

        return logits;
    }

    // The lowest threshold that keeps the share in every public set; one alarm is allowed in the smallest too.
    private static double Limit((InjectionText Text, int[][] Windows)[] texts, double[] logits, double share) =>
        texts.Zip(logits).Where(entry => entry.First.Text is { IsAttack: false, Source: not Templates }).GroupBy(entry => entry.First.Text.Source).Max(set =>
        {
            var descending = set.Select(entry => entry.Second).OrderDescending().ToArray();
            return descending[Math.Max(1, (int)(descending.Length * share))];
        });

    private static int[][] Windows(string text)
    {
        var folded = new TextView(text).Folded.Text;
        var words = FoldedWords.Split(folded);
        var features = InjectionFeatures.Read(folded, words);
        return [.. InjectionFeatures.Windows(words.Count).Where(window => window.End > window.First).Select(window => features.Of(window.First, window.End).ToArray())];
    }

    // The mean of several models: what one order of the texts brings in by chance goes out again.
    private static InjectionTrainer Trained((InjectionText Text, int[][] Windows)[] texts)
    {
        var mean = new InjectionTrainer();
        for (var seed = 0; seed < Models; seed++)
        {
            var one = new InjectionTrainer();
            one.Train(texts, seed);
            for (var index = 0; index < mean._weights.Length; index++)
            {
                mean._weights[index] += one._weights[index] / Models;
            }

            mean._bias += one._bias / Models;
        }

        return mean;
    }

    private void Train((InjectionText Text, int[][] Windows)[] texts, int seed)
    {
        var random = new Random(seed);
        var order = texts.SelectMany((entry, index) => Enumerable.Repeat(index, entry.Text.Source == Templates ? 1 : PublicWeight)).ToArray();
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(order);
            foreach (var index in order)
            {
                var (text, windows) = texts[index];
                if (text.IsAttack)
                {
                    Step(windows[Best(windows).Window], 1);
                }
                else
                {
                    foreach (var window in windows)
                    {
                        Step(window, 0);
                    }
                }
            }
        }
    }

    private void Step(int[] features, double label)
    {
        var share = 1 / Math.Sqrt(features.Length);
        var error = 1 / (1 + Math.Exp(-Logit(features))) - label;
        _bias -= 0.01 * error;
        foreach (var feature in features)
        {
            var gradient = (float)(error * share + Decay * _weights[feature]);
            _squares[feature] += gradient * gradient;
            _weights[feature] -= (float)(Rate * gradient / (0.1 + Math.Sqrt(_squares[feature])));
        }
    }

    private double Logit(int[] features)
    {
        var sum = 0.0;
        foreach (var feature in features)
        {
            sum += _weights[feature];
        }

        return sum / Math.Sqrt(features.Length) + _bias;
    }

    private (int Window, double Logit) Best(int[][] windows)
    {
        var best = (Window: 0, Logit: double.MinValue);
        for (var window = 0; window < windows.Length; window++)
        {
            var logit = Logit(windows[window]);
            best = logit > best.Logit ? (window, logit) : best;
        }

        return best;
    }

    private InjectionModel Quantise()
    {
        // A few very large weights would leave the many small ones no steps.
        var sizes = _weights.Where(weight => weight != 0).Select(Math.Abs).Order().ToArray();
        var scale = sizes[(int)(sizes.Length * 0.9995)] / 127;
        return new InjectionModel([.. _weights.Select(weight => (sbyte)Math.Clamp(Math.Round(weight / scale), -127, 127))], scale, (float)_bias);
    }
}
