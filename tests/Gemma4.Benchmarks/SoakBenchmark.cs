using System.Globalization;

namespace Gemma4.Benchmarks;

/// <summary>Thousands of short chats: nothing may leak, hang or come out wrong.</summary>
internal static class SoakBenchmark
{
    private const int Chats = 10_000;
    private const int Callers = 6;

    // What the working set may grow by. It wanders by some megabytes, so means of three tenths are compared: the last three
    // and the three after the first, in which pools and compiled code fill.
    private const double MostGrowth = 0.05;

    /// <param name="chats">How many chats; 10,000 by default.</param>
    /// <param name="callers">How many at once; 6 by default.</param>
    /// <param name="folder">A model folder instead of the demo model.</param>
    public static async Task<int> RunAsync(string? chats, string? callers, string? folder)
    {
        SoakRun run = new(
            chats is null ? Chats : int.Parse(chats, CultureInfo.InvariantCulture),
            callers is null ? Callers : int.Parse(callers, CultureInfo.InvariantCulture),
            seed: 1,
            folder);
        await run.RunAsync();
        double growth = (run.Bytes.TakeLast(3).Average() / run.Bytes.Skip(1).Take(3).Average()) - 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"answered {run.Answered}, cancelled or given up {run.Cancelled}, refused {run.Refused}, guessed tokens taken {run.AcceptedGuesses}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"other text than alone {run.Different.Count}"));
        foreach ((string expected, string actual) in run.Different.Distinct().Take(5))
        {
            Console.WriteLine($"  alone:    {expected}");
            Console.WriteLine($"  together: {actual}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"working set after each tenth {string.Join(' ', run.Bytes.Select(bytes => (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)))} MB ({growth:P1})"));
        Console.WriteLine(run.AtEnd);
        return growth <= MostGrowth && run.Different.Count == 0 && run.AtEnd is { RunningRequests: 0, QueuedRequests: 0 } ? 0 : 1;
    }
}
