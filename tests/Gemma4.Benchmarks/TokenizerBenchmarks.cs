using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma4.Benchmarks.Micro;
using Gemma4.Tokenization;

namespace Gemma4.Benchmarks;

/// <summary>What happens once in a process: loading the real vocabulary, its memory, and text met for the first time.</summary>
internal static class TokenizerBenchmarks
{
    public static void Run() => RealTokenizer.WithFile(file =>
    {
        MeasureFirst(MeasureLoad(file), TestData.Path("goldens"));
        return 0;
    });

    private static Gemma4Tokenizer MeasureLoad(string file)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long workingSet = Environment.WorkingSet;
        using var process = Process.GetCurrentProcess();
        TimeSpan processorBefore = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        Gemma4Tokenizer tokenizer = Gemma4Tokenizer.Load(file);
        double first = watch.Elapsed.TotalMilliseconds;
        process.Refresh();
        double processor = (process.TotalProcessorTime - processorBefore).TotalMilliseconds;
        long peak = process.PeakWorkingSet64 - workingSet;
        long kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        watch.Restart();
        GC.KeepAlive(Gemma4Tokenizer.Load(file));
        double second = watch.Elapsed.TotalMilliseconds;
        Print($"load, first in process   {first,8:F0} ms ({processor:F0} ms of processor time, compiling included)");
        Print($"load, second             {second,8:F0} ms");
        Print($"memory kept              {kept / 1e6,8:F1} MB");
        Print($"peak while loading       {peak / 1e6,8:F1} MB over the working set before");
        GC.KeepAlive(tokenizer);
        return tokenizer;
    }

    // Nothing is cached yet: every word is met for the first time or soon after it. What follows is in the micro benchmarks.
    private static void MeasureFirst(Gemma4Tokenizer tokenizer, string goldens)
    {
        Time("corpus", tokenizer, string.Concat(ReadStrings(Path.Combine(goldens, "tokenizer-corpus.json"), "text")));
        Time("chats and code", tokenizer, File.ReadAllText(Path.Combine(goldens, "chat-template.json")) + File.ReadAllText(Path.Combine(goldens, "tool-call-parser.json")));
        Time("English, repetitive", tokenizer, Repeat("The quick brown fox jumps over the lazy dog. "));
        Time("1 MB of one letter", tokenizer, new string('a', 1_000_000));
        Time("1 MB of letters", tokenizer, RandomLetters(1_000_000));
        Time("1 MB of spaces", tokenizer, new string(' ', 1_000_000));
    }

    private static void Time(string name, Gemma4Tokenizer tokenizer, string text)
    {
        double megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
        var watch = Stopwatch.StartNew();
        int tokens = tokenizer.EncodeText(text).Length;
        double seconds = watch.Elapsed.TotalSeconds;
        Print($"{name,-24} {megabytes / seconds,8:F1} MB/s ({megabytes:F2} MB, {tokens} tokens, {seconds * 1000:F0} ms)");
    }

    private static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, 1_000_000 / text.Length));

    private static string RandomLetters(int length)
    {
        var random = new Random(1);
        return string.Create(length, random, static (span, source) =>
        {
            foreach (ref char unit in span)
            {
                unit = (char)('a' + source.Next(26));
            }
        });
    }

    private static List<string> ReadStrings(string path, string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty(name).GetString()!)];
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
