using System.Globalization;
using Gemma4.Cli.Arguments;
using Gemma4.Cli.Json;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

namespace Gemma4.Cli.Benchmarking;

/// <summary>Measures model folders on this machine.</summary>
internal static class BenchCommand
{
    // Enough to leave start-up effects behind, short enough for a model that writes five tokens a second.
    private const int DefaultPromptTokens = 128;
    private const int DefaultNewTokens = 64;
    private const int DefaultRuns = 3;
    private const int DefaultHistory = 4096;

    // The native library to compare with, where there is one.
    private const string NativeLibrary = "GEMMA4_GENAI_LIBRARY";

    private static readonly OptionDefinition PromptTokens =
        new("--prompt-tokens", "N", "Tokens of the prompt. Default: 128.");

    private static readonly OptionDefinition NewTokens =
        new("--new-tokens", "N", "Tokens to generate, greedily; end tokens do not end the run. Default: 64.");

    private static readonly OptionDefinition Runs =
        new("--runs", "N", "Measured runs after one that is not counted; figures are medians. Default: 3.");

    private static readonly OptionDefinition Threads =
        new("--threads", "N[,N]", "Threads for one operator; several numbers are compared. Default: ONNX Runtime's choice, one per core.");

    private static readonly OptionDefinition Spinning =
        new("--spinning", null, "Lets idle threads wait in a busy loop.");

    private static readonly OptionDefinition Compare =
        new("--compare", "DIR", "A second folder, measured in the same run.");

    private static readonly OptionDefinition Chat =
        new("--chat", null, "Also measures the whole client: an agent's rounds, several callers, a long prompt beside an answer, 50 turns.");

    private static readonly OptionDefinition HistoryTokens =
        new("--history", "N", "Tokens of the agent's history for --chat. Default: 4096.");

    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object for each folder and setting.");

    public static CommandDefinition Definition { get; } = new(
        "bench",
        "",
        0,
        0,
        "Measures load time, prompt and answer speed, and memory.",
        [ModelArgument.Option, PromptTokens, NewTokens, Runs, Threads, Spinning, Compare, Chat, HistoryTokens, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        List<(string Name, Gemma4ModelFolder Folder, Func<Gemma4ModelFolder, IGenerationEngine> Load)> subjects = [];
        var first = Gemma4ModelFolder.Open(ModelArgument.Directory(arguments));
        List<(string Name, Gemma4ModelFolder Folder)> folders = [(first.ModelId, first)];
        if (arguments.Text(Compare.Name) is { } other)
        {
            var second = Gemma4ModelFolder.Open(ModelArgument.Resolve(other));
            folders.Add((second.ModelId == first.ModelId ? other : second.ModelId, second));
        }

        var settings = ThreadCounts(arguments);
        foreach (var (name, folder) in folders)
        {
            foreach (var threads in settings)
            {
                var options = new OnnxRuntimeOptions { IntraOpThreads = threads, AllowSpinning = arguments.Has(Spinning.Name) };
                var label = settings.Length == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}, {threads} thread{(threads == 1 ? "" : "s")}");
                subjects.Add((label, folder, opened => OnnxGenerationEngine.Load(opened, options)));
            }
        }

        if (Environment.GetEnvironmentVariable(NativeLibrary) is { Length: > 0 } library)
        {
            subjects.Add(("onnxruntime-genai", first, folder => new Gemma4Options().UseOnnxRuntimeGenAI(native => native.LibraryPath = library).EngineFactory!(folder)));
        }

        BenchmarkFigures? reference = null;
        foreach (var (name, folder, load) in subjects)
        {
            var isJson = arguments.Has(Json.Name);
            var start = TimeProvider.System.GetTimestamp();
            using var engine = await Task.Run(() => load(folder), cancellationToken).ConfigureAwait(false);
            var loaded = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
            var figures = await Task.Run(() => Measure(engine, arguments, cancellationToken), cancellationToken).ConfigureAwait(false) with { LoadMilliseconds = loaded };
            if (!isJson)
            {
                await streams.Output.WriteLineAsync(ToText(name, figures, reference)).ConfigureAwait(false);
            }

            List<ChatFigure> chat = [];
            if (arguments.Has(Chat.Name))
            {
                await new ChatBenchmark(folder, engine, History(arguments, engine), figures.NewTokens, TimeProvider.System, cancellationToken)
                    .MeasureAsync(figure =>
                    {
                        chat.Add(figure);
                        if (!isJson)
                        {
                            // At once: at full size each takes a while.
                            streams.Output.WriteLine(ToText(figure));
                        }
                    }).ConfigureAwait(false);
            }

            if (isJson)
            {
                await streams.Output.WriteLineAsync(ToJson(name, figures, chat)).ConfigureAwait(false);
            }

            reference ??= figures;
        }
    }

    private static int?[] ThreadCounts(ParsedArguments arguments) =>
        arguments.Text(Threads.Name) is not { } list
            ? [null]
            : [.. list.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) && threads > 0
                ? (int?)threads
                : throw new UsageException($"'{Threads.Name}' takes a whole number of 1 or more, or several with commas, not '{list}'."))];

    private static BenchmarkFigures Measure(IGenerationEngine engine, ParsedArguments arguments, CancellationToken cancellationToken) =>
        EngineBenchmark.Measure(
            engine,
            arguments.Integer(PromptTokens.Name, 1) ?? DefaultPromptTokens,
            arguments.Integer(NewTokens.Name, 1) ?? DefaultNewTokens,
            arguments.Integer(Runs.Name, 1) ?? DefaultRuns,
            TimeProvider.System,
            cancellationToken);

    private static int History(ParsedArguments arguments, IGenerationEngine engine) =>
        Math.Min(arguments.Integer(HistoryTokens.Name, 1) ?? DefaultHistory, engine.MaxContextTokens / 2);

    private static string ToText(ChatFigure figure) =>
        string.Create(CultureInfo.InvariantCulture, $"{figure.Name,-48} {figure.Value,10:F1} {figure.Unit}");

    private static string ToText(string name, BenchmarkFigures figures, BenchmarkFigures? reference)
    {
        // Ratios to the folder that was measured first; above 1 is faster or more.
        string Against(Func<BenchmarkFigures, double> figure) =>
            reference is null ? "" : string.Create(CultureInfo.InvariantCulture, $"  {figure(figures) / figure(reference),6:F2}x");

        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {name}, {figures.PromptTokens} prompt and {figures.NewTokens} new tokens, median of {figures.Runs}
            prefill      {figures.PrefillTokensPerSecond,10:F1} tokens/s{Against(each => each.PrefillTokensPerSecond)}
            decode       {figures.DecodeTokensPerSecond,10:F1} tokens/s{Against(each => each.DecodeTokensPerSecond)}
            first token  {figures.FirstTokenMilliseconds,10:F1} ms{Against(each => each.FirstTokenMilliseconds)}
            load         {figures.LoadMilliseconds,10:F0} ms{Against(each => each.LoadMilliseconds)}
            memory       {figures.ResidentMegabytes,10:F0} MB of this process
            """);
    }

    private static string ToJson(string name, BenchmarkFigures figures, List<ChatFigure> chat) => JsonLine.Of(json =>
    {
        json.WriteString("model", name);
        json.WriteNumber("prompt_tokens", figures.PromptTokens);
        json.WriteNumber("new_tokens", figures.NewTokens);
        json.WriteNumber("runs", figures.Runs);
        json.WriteNumber("prefill_tokens_per_second", Math.Round(figures.PrefillTokensPerSecond, 2));
        json.WriteNumber("decode_tokens_per_second", Math.Round(figures.DecodeTokensPerSecond, 2));
        json.WriteNumber("first_token_ms", Math.Round(figures.FirstTokenMilliseconds, 2));
        json.WriteNumber("load_ms", Math.Round(figures.LoadMilliseconds, 1));
        json.WriteNumber("rss_mb", Math.Round(figures.ResidentMegabytes, 1));
        if (chat.Count == 0)
        {
            return;
        }

        json.WriteStartObject("chat");
        foreach (var figure in chat)
        {
            var key = $"{figure.Name} ({figure.Unit})";
            if (double.IsFinite(figure.Value))
            {
                json.WriteNumber(key, Math.Round(figure.Value, 2));
            }
            else
            {
                // Nothing was there to measure, as with a model that ends at once.
                json.WriteNull(key);
            }
        }

        json.WriteEndObject();
    });
}
