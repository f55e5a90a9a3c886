using System.Globalization;
using Microsoft.Extensions.AI;

namespace Gemma4;

/// <summary>
/// Many short chats on the demo model, side by side, some of them cancelled, given up, or wrong from the start. What
/// comes out is compared with what each chat says when it is alone.
/// </summary>
internal sealed class SoakRun(int chats, int callers, int seed)
{
    private const int Conversations = 24;
    private readonly ChatOptions _options = new() { Temperature = 0, MaxOutputTokens = 32 };
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    public int Answered { get; private set; }

    public int Cancelled { get; private set; }

    public int Refused { get; private set; }

    /// <summary>Answers other than those of the chat alone, with both.</summary>
    public List<(string Expected, string Actual)> Different { get; } = [];

    /// <summary>The working set after each tenth of the chats.</summary>
    public List<double> Bytes { get; } = [];

    public Gemma4Statistics AtEnd { get; private set; } = new();

    public async Task RunAsync()
    {
        Gemma4Options options = new() { PrefixCache = { MaxSessions = 8 } };
        using Gemma4ChatClient client = new(options.UseNano());
        string[] questions = [.. Enumerable.Range(0, Conversations).Select(Question)];
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

    private static string Question(int number) => (number % 4) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"What is {number} plus {number + 3}?"),
        1 => "What is the weather in " + new[] { "Paris", "Oslo", "Rome", "Lima", "Cairo", "Tokyo" }[number / 4] + "?",
        2 => "Hello",
        _ => string.Concat(Enumerable.Repeat("Tell me more. ", number)),
    };

    private async Task Batch(Gemma4ChatClient client, string[] questions, string[] expected, int count)
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

    private async Task Ask(Gemma4ChatClient client, string question, string expected)
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

    private async Task GiveUp(Gemma4ChatClient client, string question, int patience)
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

    private async Task Cancel(Gemma4ChatClient client, string question, int patience)
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
