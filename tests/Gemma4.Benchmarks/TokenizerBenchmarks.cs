using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Gemma4.Tokenization;

namespace Gemma4.Benchmarks;

/// <summary>Load time, memory and throughput of the tokenizer on the real vocabulary, by stopwatch.</summary>
internal static class TokenizerBenchmarks
{
    public static void Run()
    {
        string data = Path.Combine(FindRoot(), "tests", "data");
        string folder = Directory.CreateTempSubdirectory("gemma4-tokenizer-").FullName;
        try
        {
            string file = Path.Combine(folder, "tokenizer.json");
            using (var packed = new GZipStream(
                File.OpenRead(Path.Combine(data, "gemma4-tokenizer.json.gz")), CompressionMode.Decompress))
            using (FileStream target = File.Create(file))
            {
                packed.CopyTo(target);
            }

            Gemma4Tokenizer tokenizer = MeasureLoad(file);
            MeasureThroughput(tokenizer, Path.Combine(data, "goldens"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

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

    private static void MeasureThroughput(Gemma4Tokenizer tokenizer, string goldens)
    {
        string corpus = string.Concat(ReadStrings(Path.Combine(goldens, "tokenizer-corpus.json"), "text"));
        string chats = File.ReadAllText(Path.Combine(goldens, "chat-template.json"));
        string code = File.ReadAllText(Path.Combine(goldens, "tool-call-parser.json"));

        // Nothing is cached yet in the first pass: every word is met for the first time or soon after it.
        Time("corpus, cold", tokenizer, corpus, 1);
        Time("corpus, warm", tokenizer, corpus, 20);
        Time("chats and code, cold", tokenizer, chats + code, 1);
        Time("mixed (all), warm", tokenizer, corpus + chats + code, 20);
        Time("English, repetitive", tokenizer, Repeat("The quick brown fox jumps over the lazy dog. "), 5);
        Time("1 MB of one letter", tokenizer, new string('a', 1_000_000), 1);
        Time("1 MB of letters", tokenizer, RandomLetters(1_000_000), 1);
        Time("1 MB of spaces", tokenizer, new string(' ', 1_000_000), 1);

        int[] ids = tokenizer.EncodeText(corpus);
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 20; i++)
        {
            GC.KeepAlive(tokenizer.Decode(ids));
        }

        Print($"decode                   {20 * Encoding.UTF8.GetByteCount(corpus) / 1e6 / watch.Elapsed.TotalSeconds,8:F1} MB/s");
        watch.Restart();
        StreamingDetokenizer stream = tokenizer.CreateDetokenizer();
        foreach (int id in ids)
        {
            stream.Append(id);
        }

        Print($"streaming decode         {ids.Length / 1e6 / watch.Elapsed.TotalSeconds,8:F1} million tokens/s");
    }

    private static void Time(string name, Gemma4Tokenizer tokenizer, string text, int rounds)
    {
        double megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
        int tokens = 0;
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < rounds; i++)
        {
            tokens = tokenizer.EncodeText(text).Length;
        }

        double seconds = watch.Elapsed.TotalSeconds / rounds;
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

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("Gemma4.SemanticKernel.sln not found.");
    }
}
