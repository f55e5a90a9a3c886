using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Gemma4;

/// <summary>
/// Many short chats side by side, some of them cancelled, given up, or wrong from the start. What comes out is compared
/// with what each chat says when it is alone.
/// </summary>
/// <param name="chats">How many.</param>
/// <param name="callers">How many at once.</param>
/// <param name="seed">Decides which chat comes when, and which are cancelled.</param>
/// <param name="folder">A model folder that answers as the demo model; by default that model itself.</param>
internal sealed class SoakRun(int chats, int callers, int seed, string? folder = null)
{
    private const int Conversations = 24;
    private const int Kinds = 6;
    private readonly ChatOptions _options = new() { Temperature = 0, MaxOutputTokens = 32 };
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private readonly string _modelId = string.Create(CultureInfo.InvariantCulture, $"soak-{seed}");
    private long _acceptedGuesses;

    public int Answered { get; private set; }

    public int Cancelled { get; private set; }

    public int Refused { get; private set; }

    /// <summary>Answers other than those of the chat alone, with both.</summary>
    public List<(string Expected, string Actual)> Different { get; } = [];

    /// <summary>The working set after each tenth of the chats.</summary>
    public List<double> Bytes { get; } = [];

    /// <summary>Guessed tokens that the model agreed with; a folder with a full cache has none.</summary>
    public long AcceptedGuesses => _acceptedGuesses;

    public Gemma4Statistics AtEnd { get; private set; } = new();

    public async Task RunAsync()
    {
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == Gemma4Telemetry.SourceName && instrument.Name == "gemma4.speculation.accepted")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            // Other clients of the process are heard too.
            if (tags.ToArray().Any(tag => _modelId.Equals(tag.Value)))
            {
                Interlocked.Add(ref _acceptedGuesses, value);
            }
        });
        listener.Start();
        Gemma4Options options = new() { ModelPath = folder, ModelId = _modelId, PrefixCache = { MaxSessions = 8 } };
        using Gemma4ChatClient client = new(folder is null ? options.UseNano() : options);
        IReadOnlyList<ChatMessage>[] questions = [.. Enumerable.Range(0, Conversations).Select(Question)];
        string[] expected = new string[Conversations];
        for (int i = 0; i < Conversations; i++)
        {
            expected[i] = (await client.GetResponseAsync(questions[i], _options)).Text;
        }

        for (int tenth = 0; tenth < 10; tenth++)
        {
            await Batch(client, questions, expected, ((tenth + 1) * chats / 10) - (tenth * chats / 10));
            Bytes.Add(WorkingSet());
        }

        AtEnd = client.GetStatistics();
    }

    private static IReadOnlyList<ChatMessage> Question(int number)
    {
        string city = new[] { "Paris", "Oslo", "Rome", "Tokyo" }[number / Kinds];
        ChatMessage sum = new(ChatRole.User, string.Create(CultureInfo.InvariantCulture, $"What is {number} plus {number + 3}?"));
        ChatMessage weather = new(ChatRole.User, $"What is the weather in {city}?");
        return (number % Kinds) switch
        {
            0 => [sum],
            1 => [weather],
            2 => [new(ChatRole.User, "Hello")],
            3 => [new(ChatRole.User, string.Concat(Enumerable.Repeat("Tell me more. ", number)))],
            4 => [sum, new(ChatRole.Assistant, "I do not know."), weather],

            // The answer repeats the result, so its tokens are guessed where the folder allows that.
            _ =>
            [
                weather,
                new(ChatRole.Assistant, [new FunctionCallContent("call_1", "get_weather", new Dictionary<string, object?> { ["city"] = city })]),
                new(ChatRole.Tool, [new FunctionResultContent("call_1", $"It is 17 degrees and partly cloudy with light winds in {city}.")]),
            ],
        };
    }

    private async Task Batch(Gemma4ChatClient client, IReadOnlyList<ChatMessage>[] questions, string[] expected, int count)
    {
        int left = count;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                int number;
                int kind;
                int patience;
                lock (_gate)
                {
                    (number, kind, patience) = (_random.Next(questions.Length), _random.Next(10), _random.Next(1, 8));
                }

                await (kind switch
                {
                    0 => GiveUp(client, questions[number], patience),
                    1 => Cancel(client, questions[number], patience),
                    2 => AskWrongly(client),
                    _ => Ask(client, questions[number], expected[number]),
                });
            }
        }));
    }

    private async Task Ask(Gemma4ChatClient client, IReadOnlyList<ChatMessage> question, string expected)
    {
        string actual = (await client.GetResponseAsync(question, _options)).Text;
        lock (_gate)
        {
            Answered++;
            if (actual != expected)
            {
                Different.Add((expected, actual));
            }
        }
    }

    private async Task GiveUp(Gemma4ChatClient client, IReadOnlyList<ChatMessage> question, int patience)
    {
        int read = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, _options))
        {
            if (++read == patience)
            {
                break;
            }
        }

        Count(() => Cancelled++);
    }

    private async Task Cancel(Gemma4ChatClient client, IReadOnlyList<ChatMessage> question, int patience)
    {
        using CancellationTokenSource source = new();
        int read = 0;
        try
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, _options, source.Token))
            {
                if (++read == patience)
                {
                    await source.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            Count(() => Cancelled++);
        }
    }

    private async Task AskWrongly(Gemma4ChatClient client)
    {
        try
        {
            await client.GetResponseAsync(string.Concat(Enumerable.Repeat("far too long ", 20_000)), _options);
        }
        catch (Gemma4ContextOverflowException)
        {
            Count(() => Refused++);
        }
    }

    private void Count(Action count)
    {
        lock (_gate)
        {
            count();
        }
    }

    private static long WorkingSet()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();

        // Gives free pages back, which would otherwise stay for a while and look like growth.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet;
    }
}
