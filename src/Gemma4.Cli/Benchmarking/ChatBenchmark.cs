using System.Globalization;
using System.Text;
using Gemma4.Generation;
using Gemma4.Models;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Benchmarking;

/// <summary>
/// Runs the whole client as applications do: an agent's rounds with and without the prefix cache, several callers, a long
/// prompt beside a running answer, a long conversation, an answer that quotes. All on one loaded model, in one run.
/// </summary>
internal sealed class ChatBenchmark(Gemma4ModelFolder folder, IGenerationEngine engine, int historyTokens, int newTokens, TimeProvider time, CancellationToken cancellationToken)
{
    private const int Rounds = 8;
    private const int Turns = 50;

    // A prompt this long beside a running answer is what the scheduler is made for.
    private const int LongPrompt = 2048;

    private static readonly AIFunction Tool = AIFunctionFactory.Create((string city) => city, "get_weather", "Gets the weather of a city.");

    private Action<ChatFigure> _report = _ => { };
    private double _tokensPerWord = 1;

    /// <summary>Measures, and reports each figure as it comes.</summary>
    public async Task MeasureAsync(Action<ChatFigure> report)
    {
        _report = report;
        await CalibrateAsync().ConfigureAwait(false);
        await AgentAsync().ConfigureAwait(false);
        await CallersAsync().ConfigureAwait(false);
        await LongPromptBesideAsync().ConfigureAwait(false);
        await ConversationAsync().ConfigureAwait(false);
        await QuoteAsync().ConfigureAwait(false);
    }

    private Gemma4ChatClient Client(Action<Gemma4Options>? configure = null)
    {
        Gemma4Options options = new() { ModelPath = folder.Directory, EngineFactory = _ => new BorrowedEngine(engine) };
        configure?.Invoke(options);
        return new Gemma4ChatClient(options);
    }

    private async Task CalibrateAsync()
    {
        const int Sample = 200;
        using var client = Client();
        var tokens = await client.CountTokensAsync([new ChatMessage(ChatRole.User, Words(Sample, 0))], cancellationToken: cancellationToken).ConfigureAwait(false);
        _tokensPerWord = (double)tokens / Sample;
    }

    private string Prompt(int tokens, int first) => Words(Math.Max(1, (int)(tokens / _tokensPerWord)), first);

    // Different words, so that nothing is guessed and two prompts share no beginning.
    private static string Words(int count, int first)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(char)('a' + ((first + (i * 7)) % 26))}{(char)('a' + ((first + (i * 3)) % 26))} ");
        }

        return text.ToString();
    }

    private static ChatOptions Options(int newTokens, bool tools = false) => new()
    {
        MaxOutputTokens = newTokens,
        Temperature = 0,
        Tools = tools ? [Tool] : null,
    };

    private async Task AgentAsync()
    {
        using var warm = Client();
        using var cold = Client(options => options.PrefixCache.Enabled = false);
        List<ChatMessage> history = [new(ChatRole.System, "You are an agent."), new(ChatRole.User, Prompt(historyTokens, 0))];
        List<double> withCache = [];
        List<double> without = [];
        for (var round = 1; round <= Rounds; round++)
        {
            withCache.Add(await FirstTokenAsync(warm, history).ConfigureAwait(false));
            if (round is 3 or Rounds)
            {
                // The others differ by one call; at full size each takes as long as the whole history.
                without.Add(await FirstTokenAsync(cold, history).ConfigureAwait(false));
            }

            var id = string.Create(CultureInfo.InvariantCulture, $"call_{round}");
            history.Add(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(id, Tool.Name, new Dictionary<string, object?> { ["city"] = "Paris" })]));
            history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, Prompt(40, round))]));
        }

        Add("agent, first round: time to first token", withCache[0], "ms");
        Add("agent, rounds 3 to 8 with prefix cache", Median(withCache.Skip(2)), "ms");
        Add("agent, rounds 3 and 8 without", Median(without), "ms");
        Add("agent, without / with", Median(without) / Median(withCache.Skip(2)), "x");
    }

    private async Task<double> FirstTokenAsync(Gemma4ChatClient client, List<ChatMessage> history)
    {
        var start = time.GetTimestamp();
        await client.GetResponseAsync(history, Options(1, tools: true), cancellationToken).ConfigureAwait(false);
        return time.GetElapsedTime(start).TotalMilliseconds;
    }

    private async Task CallersAsync()
    {
        double alone = 0;
        foreach (var callers in new[] { 1, 4, 8 })
        {
            using var client = Client(options => options.MaxDraftTokens = 0);
            var start = time.GetTimestamp();
            var responses = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller =>
                client.GetResponseAsync(Prompt(16, caller), Options(newTokens), cancellationToken))).ConfigureAwait(false);
            var speed = responses.Sum(response => response.Usage!.OutputTokenCount ?? 0) / time.GetElapsedTime(start).TotalSeconds;
            alone = callers == 1 ? speed : alone;
            Add($"{callers} callers together", speed, "tokens/s");
            if (callers > 1)
            {
                Add($"{callers} callers / 1", speed / alone, "x");
            }
        }
    }

    private async Task LongPromptBesideAsync()
    {
        using var client = Client(options => options.MaxDraftTokens = 0);
        var alone = await GapsAsync(client, newTokens, 1).ConfigureAwait(false);

        // Read for as long as the prompt takes: the gaps that count are those beside it.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var prompt = client.GetResponseAsync(Prompt(Math.Min(LongPrompt, engine.MaxContextTokens / 2), 5), Options(1), cancellationToken);
        var watching = prompt.ContinueWith(_ => ended.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var beside = await GapsAsync(client, int.MaxValue, 2, ended.Token).ConfigureAwait(false);
        await prompt.ConfigureAwait(false);
        await watching.ConfigureAwait(false);
        Add("gap between tokens, p95, alone", Percentile(alone, 0.95), "ms");
        Add("gap between tokens, p95, beside a long prompt", Percentile(beside, 0.95), "ms");
        Add("gap beside / alone", Percentile(beside, 0.95) / Percentile(alone, 0.95), "x");
    }

    private async Task<List<double>> GapsAsync(Gemma4ChatClient client, int tokens, int first, CancellationToken end = default)
    {
        List<double> gaps = [];
        ChatOptions options = Options(1);
        options.MaxOutputTokens = tokens == int.MaxValue ? null : tokens;
        try
        {
            long last = 0;
            await foreach (var update in client.GetStreamingResponseAsync(Prompt(16, first), options, end).ConfigureAwait(false))
            {
                var now = time.GetTimestamp();
                if (last != 0)
                {
                    gaps.Add(time.GetElapsedTime(last, now).TotalMilliseconds);
                }

                last = now;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The prompt beside it was read.
        }

        return gaps;
    }

    private async Task ConversationAsync()
    {
        using var client = Client(options => options.MaxDraftTokens = 0);
        List<ChatMessage> history = [];
        List<double> times = [];
        for (var turn = 0; turn < Turns; turn++)
        {
            history.Add(new ChatMessage(ChatRole.User, Prompt(16, turn)));
            var start = time.GetTimestamp();
            var response = await client.GetResponseAsync(history, Options(4), cancellationToken).ConfigureAwait(false);
            times.Add(time.GetElapsedTime(start).TotalMilliseconds);
            history.Add(new ChatMessage(ChatRole.Assistant, string.IsNullOrWhiteSpace(response.Text) ? "yes" : response.Text));
        }

        Add("conversation, turns 2 to 4", Median(times.Skip(1).Take(3)), "ms");
        Add("conversation, turns 48 to 50", Median(times.TakeLast(3)), "ms");
    }

    private async Task QuoteAsync()
    {
        const string Passage = "The museum is open from nine to five on weekdays and from ten to four on Sundays, and a ticket costs twelve euros.";
        List<double> speeds = [];
        foreach (var guesses in new[] { 0, 7 })
        {
            using var client = Client(options => (options.MaxDraftTokens, options.PrefixCache.Enabled) = (guesses, false));
            List<double> runs = [];
            for (var run = 0; run < 3; run++)
            {
                var start = time.GetTimestamp();
                long output = 0;
                double first = 0;
                await foreach (var update in client.GetStreamingResponseAsync("Repeat after me: " + Passage, Options(newTokens), cancellationToken).ConfigureAwait(false))
                {
                    first = first == 0 ? time.GetElapsedTime(start).TotalSeconds : first;
                    output += update.Contents.OfType<UsageContent>().Sum(usage => usage.Details.OutputTokenCount ?? 0);
                }

                runs.Add((output - 1) / (time.GetElapsedTime(start).TotalSeconds - first));
            }

            speeds.Add(Median(runs));
        }

        Add("an answer that quotes, without guesses", speeds[0], "tokens/s");
        Add("an answer that quotes, with guesses", speeds[1], "tokens/s");
        Add("with / without", speeds[1] / speeds[0], "x");
    }

    private void Add(string name, double value, string unit) => _report(new ChatFigure(name, value, unit));

    private static double Median(IEnumerable<double> values) => Percentile([.. values], 0.5);

    private static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[Math.Min(values.Count - 1, (int)(values.Count * share))];
    }
}
