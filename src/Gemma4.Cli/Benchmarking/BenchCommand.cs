using System.Globalization;
using System.Text.Json;
using Gemma4.Cli.Arguments;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

namespace Gemma4.Cli.Benchmarking;

/// <summary>Measures a model folder on this machine.</summary>
internal static class BenchCommand
{
    // Enough to leave start-up effects behind, short enough for a model that writes five tokens a second.
    private const int DefaultPromptTokens = 128;
    private const int DefaultNewTokens = 64;
    private const int DefaultRuns = 3;

    private static readonly OptionDefinition PromptTokens =
        new("--prompt-tokens", "N", "Tokens of the prompt. Default: 128.");

    private static readonly OptionDefinition NewTokens =
        new("--new-tokens", "N", "Tokens to generate, greedily; end tokens do not end the run. Default: 64.");

    private static readonly OptionDefinition Runs =
        new("--runs", "N", "Measured runs after one that is not counted; figures are medians. Default: 3.");

    private static readonly OptionDefinition Threads =
        new("--threads", "N", "Threads for one operator. Default: ONNX Runtime's choice, one per core.");

    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object.");

    public static CommandDefinition Definition { get; } = new(
        "bench",
        "",
        0,
        0,
        "Measures load time, prompt and answer speed, and memory.",
        [ModelArgument.Option, PromptTokens, NewTokens, Runs, Threads, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var prompt = arguments.Integer(PromptTokens.Name, 1) ?? DefaultPromptTokens;
        var answer = arguments.Integer(NewTokens.Name, 1) ?? DefaultNewTokens;
        var runs = arguments.Integer(Runs.Name, 1) ?? DefaultRuns;
        var options = new OnnxRuntimeOptions { IntraOpThreads = arguments.Integer(Threads.Name, 1) };
        var folder = Gemma4ModelFolder.Open(ModelArgument.Directory(arguments));

        var figures = await Task.Run(
            () => EngineBenchmark.Measure(folder, options, prompt, answer, runs, TimeProvider.System, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        await streams.Output.WriteLineAsync(arguments.Has(Json.Name)
            ? ToJson(folder, figures)
            : ToText(folder, figures)).ConfigureAwait(false);
    }

    private static string ToText(Gemma4ModelFolder folder, BenchmarkFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {folder.ModelId}, {figures.PromptTokens} prompt and {figures.NewTokens} new tokens, median of {figures.Runs}
        prefill      {figures.PrefillTokensPerSecond,10:F1} tokens/s
        decode       {figures.DecodeTokensPerSecond,10:F1} tokens/s
        first token  {figures.FirstTokenMilliseconds,10:F1} ms
        load         {figures.LoadMilliseconds,10:F0} ms
        memory       {figures.ResidentMegabytes,10:F0} MB of this process
        """);

    private static string ToJson(Gemma4ModelFolder folder, BenchmarkFigures figures)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("model", folder.ModelId);
            json.WriteNumber("prompt_tokens", figures.PromptTokens);
            json.WriteNumber("new_tokens", figures.NewTokens);
            json.WriteNumber("runs", figures.Runs);
            json.WriteNumber("prefill_tokens_per_second", Math.Round(figures.PrefillTokensPerSecond, 2));
            json.WriteNumber("decode_tokens_per_second", Math.Round(figures.DecodeTokensPerSecond, 2));
            json.WriteNumber("first_token_ms", Math.Round(figures.FirstTokenMilliseconds, 2));
            json.WriteNumber("load_ms", Math.Round(figures.LoadMilliseconds, 1));
            json.WriteNumber("rss_mb", Math.Round(figures.ResidentMegabytes, 1));
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }
}
