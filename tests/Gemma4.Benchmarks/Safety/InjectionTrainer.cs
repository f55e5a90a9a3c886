using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Injection;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Trains the logistic regression: AdaGrad over hashed features, the strongest window of an attack, every window of a harmless text.</summary>
internal sealed class InjectionTrainer
{
    private const int Epochs = 6;
    private const double Rate = 0.4;
    private const double Decay = 2e-6;
    private const int PublicWeight = 4;     // a public text counts as often as this many expanded ones
    private const int Folds = 4;
    private const double FalseAlarms = 0.003; // wanted share of public harmless texts, by cross-validation; new texts raise more

    private readonly float[] _weights = new float[InjectionFeatures.Count];
    private readonly float[] _squares = new float[InjectionFeatures.Count];
    private double _bias;

    public static void Run(string data, string templates, string output, bool useDeepset)
    {
        var texts = new InjectionTemplates(templates).Expand()
            .Concat(InjectionCorpus.Public(data, heldOut: false).Where(text => useDeepset || text.Source != "deepset"))
            .Select(text => (Text: text, Windows: Windows(text.Text))).Where(entry => entry.Windows.Length > 0).ToArray();
        Console.WriteLine($"{texts.Length} texts, {texts.Count(entry => entry.Text.IsAttack)} attacks");

        var harmless = new List<double>();
        var attacks = new List<(double Logit, string Text)>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var trainer = new InjectionTrainer();
            trainer.Train([.. texts.Where((_, index) => index % Folds != fold)]);
            var held = texts.Where((_, index) => index % Folds == fold).Where(entry => entry.Text.Source != "templates").ToArray();
            attacks.AddRange(held.Where(entry => entry.Text.IsAttack).Select(entry => (trainer.Best(entry.Windows).Logit, entry.Text.Text)));
            harmless.AddRange(held.Where(entry => !entry.Text.IsAttack).Select(entry => trainer.Best(entry.Windows).Logit));
        }

        harmless.Sort();
        foreach (var share in (double[])[0.003, 0.006, 0.01, 0.015, 0.02])
        {
            var limit = harmless[(int)(harmless.Count * (1 - share))];
            Console.WriteLine($"  cross-validated: {share:P1} false alarms, {(double)attacks.Count(attack => attack.Logit > limit) / Math.Max(1, attacks.Count):P1} of {attacks.Count} public attacks");
        }

        var threshold = harmless[(int)(harmless.Count * (1 - FalseAlarms))];
        var final = new InjectionTrainer();
        final.Train(texts);
        final._bias -= threshold;
        using var stream = File.Create(output);
        final.Quantise().Write(stream);
        Console.WriteLine($"threshold {threshold:F3} (logit), {final._weights.Count(weight => weight != 0)} weights in use, {stream.Length / 1024} KB written to {output}");
    }

    private static int[][] Windows(string text)
    {
        var folded = new TextView(text).Folded.Text;
        var words = FoldedWords.Split(folded);
        return [.. InjectionFeatures.Windows(words.Count).Where(window => window.End > window.First).Select(window =>
        {
            var features = new List<int>();
            InjectionFeatures.Collect(folded, words, window.First, window.End, features);
            return features.ToArray();
        })];
    }

    private void Train((InjectionText Text, int[][] Windows)[] texts)
    {
        var random = new Random(7);
        var order = texts.SelectMany((entry, index) => Enumerable.Repeat(index, entry.Text.Source == "templates" ? 1 : PublicWeight)).ToArray();
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
