using System.Globalization;
using System.Text.Json;
using Gemma4.ModelBuilder;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.ModelBuilder.Tests;

namespace Gemma4.Benchmarks;

/// <summary>
/// How far each precision moves the next-token distribution from the 32-bit build: mean KL divergence and how often the
/// best token stays the same, along the reference answers.
/// </summary>
internal static class DriftBenchmarks
{
    private static readonly string[] TinyNames = ["e2b", "e4b", "12b", "31b", "26b-a4b"];

    /// <param name="only">Beginning of the variants to measure; null for all.</param>
    public static async Task RunAsync(string? only = null)
    {
        string root = Directory.CreateTempSubdirectory("gemma4-drift-").FullName;
        try
        {
            List<Subject> tiny = [];
            foreach (string name in TinyNames)
            {
                string folder = TestData.Shared is { } shared
                    ? Path.Combine(shared, "tiny", name) : TestData.Path("tiny", name);
                if (Directory.Exists(folder))
                {
                    tiny.Add(await PrepareAsync(folder, TinySequences(folder), root));
                }
            }

            Subject? nano = TestData.Shared is { } data
                ? await PrepareAsync(Path.Combine(data, "nano"), NanoSequences(), root) : null;
            Console.WriteLine($"tiny: {tiny.Count} checkpoints with random weights; nano: {(nano is null ? "absent" : "trained")}");
            Console.WriteLine("variant                                nano KL  nano top-1   nano MB     tiny KL  tiny top-1   tiny MB");
            foreach ((string name, ModelBuildOptions options) in Variants().Where(variant => variant.Name.StartsWith(only ?? "", StringComparison.Ordinal)))
            {
                string nanoText = nano is null ? "" : Describe([await MeasureAsync(nano, options, root)]);
                List<Drift> drifts = [];
                foreach (Subject subject in tiny)
                {
                    drifts.Add(await MeasureAsync(subject, options, root));
                }

                Console.WriteLine($"{name,-34} {nanoText} {Describe(drifts)}");
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static IEnumerable<(string Name, ModelBuildOptions Options)> Variants()
    {
        yield return ("fp16", new() { Precision = ModelPrecision.Float16 });
        // The reach of the 8 bits: too short cuts large values off, too long makes all steps coarse.
        foreach (float clip in (float[])[3, 4, 5, 6, 8, 12, 16, 22.6f])
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"kv int8 reach {clip}"),
                new() { KeyValuePrecision = ModelPrecision.Int8, KeyValueClip = clip });
        }

        foreach (int block in (int[])[32, 64, 128])
        {
            yield return ($"int8 b{block}", new() { Precision = ModelPrecision.Int8, BlockSize = block });
        }

        foreach (int block in (int[])[32, 64, 128])
        {
            ModelBuildOptions options = new()
            {
                Precision = ModelPrecision.Int4,
                EmbeddingPrecision = ModelPrecision.Int4,
                BlockSize = block,
            };
            foreach (BlockRounding rounding in Enum.GetValues<BlockRounding>())
            {
                yield return ($"int4 b{block} {rounding}", options with { Rounding = rounding });
            }

            yield return ($"int4 b{block} int8 embedding",
                options with { EmbeddingPrecision = ModelPrecision.Int8 });
            yield return ($"int4 b{block} exact activations", options with { AccuracyLevel = 1 });
        }
    }

    private static async Task<Subject> PrepareAsync(string checkpoint, List<(int[] Prompt, int[] Answer)> sequences, string root)
    {
        Subject subject = new(checkpoint, sequences, []);
        string folder = Path.Combine(root, "exact");
        await Gemma4ModelBuilder.BuildAsync(checkpoint, folder, new() { Overwrite = true, ContextLength = ContextOf(checkpoint) });
        subject.Exact.AddRange(Distributions(folder, sequences));
        return subject;
    }

    private static async Task<Drift> MeasureAsync(Subject subject, ModelBuildOptions options, string root)
    {
        string folder = Path.Combine(root, "variant");
        await Gemma4ModelBuilder.BuildAsync(
            subject.Checkpoint, folder, options with { Overwrite = true, ContextLength = ContextOf(subject.Checkpoint) });
        double divergence = 0;
        int same = 0;
        int position = 0;
        foreach (double[] quantised in Distributions(folder, subject.Sequences))
        {
            double[] exact = subject.Exact[position++];
            int best = 0;
            int quantisedBest = 0;
            for (int i = 0; i < exact.Length; i++)
            {
                divergence += Math.Exp(exact[i]) * (exact[i] - quantised[i]);
                best = exact[i] > exact[best] ? i : best;
                quantisedBest = quantised[i] > quantised[quantisedBest] ? i : quantisedBest;
            }

            same += best == quantisedBest ? 1 : 0;
        }

        return new Drift(divergence / position, (double)same / position,
            new DirectoryInfo(folder).EnumerateFiles("model.onnx*").Sum(file => file.Length) / 1e6);
    }

    /// <summary>Logarithms of the next-token probabilities after the prompt and after each token of the answer.</summary>
    private static IEnumerable<double[]> Distributions(string folder, List<(int[] Prompt, int[] Answer)> sequences)
    {
        using GraphRunner runner = new(folder);
        foreach ((int[] prompt, int[] answer) in sequences)
        {
            runner.Reset();
            yield return LogSoftmax(runner.Append(prompt));
            foreach (int token in answer)
            {
                yield return LogSoftmax(runner.Append([token]));
            }
        }
    }

    private static double[] LogSoftmax(float[] logits)
    {
        double largest = logits.Max();
        double total = Math.Log(logits.Sum(logit => Math.Exp(logit - largest))) + largest;
        return [.. logits.Select(logit => logit - total)];
    }

    private static List<(int[] Prompt, int[] Answer)> TinySequences(string folder)
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "reference.json")));
        return [.. reference.RootElement.GetProperty("cases").EnumerateArray()
            .Select(test => (Ids(test.GetProperty("prompt")), Ids(test.GetProperty("greedy"))))];
    }

    private static List<(int[] Prompt, int[] Answer)> NanoSequences()
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("nano", "reference.json")));
        return [.. reference.RootElement.GetProperty("prompts").EnumerateArray()
            .Select(prompt => (Ids(prompt.GetProperty("ids")), Ids(prompt.GetProperty("greedy_ids"))))];
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];

    private static int ContextOf(string checkpoint) => Path.GetFileName(checkpoint) == "nano" ? 2048 : 512;

    private static string Describe(List<Drift> drifts) => string.Create(CultureInfo.InvariantCulture,
        $"{drifts.Average(d => d.Divergence),11:F5} {drifts.Average(d => d.Agreement),11:P1} {drifts.Sum(d => d.Megabytes),9:F2}");

    private sealed record Subject(string Checkpoint, List<(int[] Prompt, int[] Answer)> Sequences, List<double[]> Exact);

    private readonly record struct Drift(double Divergence, double Agreement, double Megabytes);
}
