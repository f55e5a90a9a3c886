using System.Globalization;
using System.Text.Json;
using Gemma4.Cli;
using Gemma4.ModelBuilder;

namespace Gemma4.Benchmarks;

/// <summary>The README's table of speed: builds the folders, measures engine and client, and prints Markdown.</summary>
internal static class SpeedTable
{
    private static readonly int[] Lengths = [0, 2048, 7900];

    public static async Task<int> RunAsync(string size)
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("gemma4-table-");
        try
        {
            string windowed = Path.Combine(root.FullName, "windowed");
            string full = Path.Combine(root.FullName, "full");
            string rounded = Path.Combine(root.FullName, "rounded");
            ModelBuildOptions options = new() { Precision = ModelPrecision.Int4 };
            foreach ((string folder, ModelBuildOptions with) in ((string, ModelBuildOptions)[])
                [(windowed, options), (full, options with { KeyValues = KeyValueCache.Full }), (rounded, options with { KeyValuePrecision = ModelPrecision.Int8 })])
            {
                await Gemma4ModelBuilder.BuildRandomAsync(new RandomModel(BuildBenchmarks.Sizes[size]), folder, with);
            }

            // First, because what the engines of the other measurements leave in the process would count as the model's memory.
            StringWriter output = new();
            int code = await CliApplication.RunAsync(
                ["bench", "--model", windowed, "--chat", "--json", "--prompt-tokens", "512"], TextReader.Null, output, Console.Error, CancellationToken.None);
            Console.Error.WriteLine(output);
            if (code == 0)
            {
                List<JsonElement> steps = [];
                await new DecodeBenchmarks(line =>
                {
                    Console.Error.WriteLine(line);
                    steps.Add(JsonElement.Parse(line));
                }).RunAsync([windowed, full, rounded, "--at", string.Join(',', Lengths)]);

                // One line for each engine: ours, and the native library where there is one.
                string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
                Console.WriteLine("| | | ratio |\n|---|---|---|");
                Steps(steps, windowed, full, rounded);
                Client(JsonElement.Parse(lines[0]), lines.Length > 1 ? JsonElement.Parse(lines[1]) : null);
            }

            return code;
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static void Steps(List<JsonElement> lines, string windowed, string full, string rounded)
    {
        JsonElement Line(string measure, string folder, int? length = null, int? sessions = null) => lines.First(line =>
            line.GetProperty("measure").GetString() == measure
            && line.GetProperty("folder").GetString() == folder
            && (length is null || line.GetProperty("length").GetInt32() == length)
            && (sessions is null || line.GetProperty("sessions").GetInt32() == sessions));
        double[] At(string folder, string property) => [.. Lengths.Select(length => Line("step", folder, length).GetProperty(property).GetDouble())];

        double[] times = At(windowed, "medianMs");
        double[] fullTimes = At(full, "medianMs");
        double[] roundedTimes = At(rounded, "medianMs");
        JsonElement prefill = Line("prefill", windowed);
        JsonElement client = Line("client", windowed);
        Row("step of a session to the native `Run` alone, empty context / 2,048 / 7,900 tokens", $"{Join(times, "F0")} ms", $"{Join(At(windowed, "toRawRun"), "F2")}");
        Row("what the client does between two steps (sampling, parsing, scheduling), to the step", $"{client.GetProperty("betweenStepsMs").GetDouble():F2} ms", $"{client.GetProperty("toStep").GetDouble():P1}");
        Row("prompt of 512 tokens to the native `Run` alone", $"{prefill.GetProperty("tokensPerSecond").GetDouble():F0} tokens/s", $"{prefill.GetProperty("toRawRun").GetDouble():F2}");
        double[] rows = [times[^1], roundedTimes[^1], fullTimes[^1]];
        double[] growth = [times[^1] / times[0], roundedTimes[^1] / roundedTimes[0], fullTimes[^1] / fullTimes[0]];
        double[] megabytes = [.. ((string[])[windowed, rounded, full]).Select(folder => At(folder, "cacheBytes")[^1] / 1e6)];
        Row("step at 7,900 tokens to an empty context: windowed cache / the same with 8 bits in full layers / full cache", $"{Join(rows, "F0")} ms", $"{Join(growth, "F1")}");
        Row("attention cache at 7,900 tokens, the same three", $"{Join(megabytes, "F0")} MB", $"");
        double[] four = [.. Lengths[..2].Select(length => Line("batch", windowed, length, 4).GetProperty("tokensPerSecond").GetDouble())];
        double[] one = [.. Lengths[..2].Select(length => Line("batch", windowed, length, 1).GetProperty("tokensPerSecond").GetDouble())];
        Row("4 sessions in one `Run` to one alone, empty context / 2,048 tokens", $"{Join(four, "F1")} tokens/s", $"{four[0] / one[0]:F1} / {four[1] / one[1]:F1}");
    }

    private static void Client(JsonElement ours, JsonElement? native)
    {
        double Chat(string name) => ours.GetProperty("chat").GetProperty(name).GetDouble();
        double one = Chat("1 callers together (tokens/s)");
        Row("first token of a prompt of 512 tokens", $"{ours.GetProperty("first_token_ms").GetDouble() / 1000:F2} s", $"");
        Row("agent of 4,096 tokens, rounds 3 to 8, first token: without prefix cache to with", $"{Chat("agent, rounds 3 and 8 without (ms)") / 1000:F1} / {Chat("agent, rounds 3 to 8 with prefix cache (ms)") / 1000:F2} s", $"{Chat("agent, without / with (x)"):F0}");
        Row("4 / 8 callers of the client together to one", $"{Chat("4 callers together (tokens/s)"):F1} / {Chat("8 callers together (tokens/s)"):F1} to {one:F1} tokens/s", $"{Chat("4 callers / 1 (x)"):F1} / {Chat("8 callers / 1 (x)"):F1}");
        Row("gap between two tokens, p95, while a 2,048-token prompt is read beside: to alone", $"{Chat("gap between tokens, p95, beside a long prompt (ms)"):F0} / {Chat("gap between tokens, p95, alone (ms)"):F0} ms", $"{Chat("gap beside / alone (x)"):F1}");
        Row("a request of turn 50 of a conversation to one of turn 2 (20 tokens in, 4 out)", $"{Chat("conversation, turns 48 to 50 (ms)") / 1000:F2} / {Chat("conversation, turns 2 to 4 (ms)") / 1000:F2} s", $"{Chat("conversation, turns 48 to 50 (ms)") / Chat("conversation, turns 2 to 4 (ms)"):F1}");
        Row("load, working set", $"{ours.GetProperty("load_ms").GetDouble() / 1000:F1} s, {ours.GetProperty("rss_mb").GetDouble() / 1000:F1} GB", $"");
        if (native is { } library)
        {
            double Ratio(string name) => ours.GetProperty(name).GetDouble() / library.GetProperty(name).GetDouble();
            Row("ours to the native GenAI library: decode / prefill", $"{ours.GetProperty("decode_tokens_per_second").GetDouble():F1} / {ours.GetProperty("prefill_tokens_per_second").GetDouble():F0} tokens/s", $"{Ratio("decode_tokens_per_second"):F2} / {Ratio("prefill_tokens_per_second"):F2}");
        }
    }

    private static string Join(double[] values, string format) => string.Join(" / ", values.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));

    private static void Row(string what, FormattableString figure, FormattableString ratio) => Console.WriteLine(
        $"| {what} | {figure.ToString(CultureInfo.InvariantCulture)} | {ratio.ToString(CultureInfo.InvariantCulture)} |");
}
