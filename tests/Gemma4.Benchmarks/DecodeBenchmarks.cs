using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

namespace Gemma4.Benchmarks;

/// <summary>
/// Time of decode steps in one or two model folders, at several lengths of the conversation and for several sessions at
/// once, of reading a prompt, and of what the client adds to a step. The folders take turns at every step, so that a busy moment of the machine meets both. One JSON object a line.
/// </summary>
internal sealed class DecodeBenchmarks(Action<string> write)
{
    private const int DefaultSteps = 25;
    private const int WarmUp = 3;
    private const int FillChunk = 512;
    private const int PromptLength = 512;
    private const int PromptRounds = 3;

    private static readonly int[] DefaultLengths = [0, 2048, 4096, 8192];
    private static readonly int[] BatchSizes = [1, 2, 4];

    public async Task RunAsync(string[] arguments)
    {
        string[] folders = [.. arguments.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))];
        int[] lengths = Option(arguments, "--at") is { } at
            ? [.. at.Split(',').Select(length => int.Parse(length, CultureInfo.InvariantCulture))]
            : DefaultLengths;
        int steps = Number(arguments, "--steps") ?? DefaultSteps;
        var options = new OnnxRuntimeOptions
        {
            IntraOpThreads = Number(arguments, "--threads"),
            AllowSpinning = arguments.Contains("--spin"),
        };
        Write(new
        {
            measure = "settings",
            folders,
            threads = options.IntraOpThreads,
            spinning = options.AllowSpinning,
            cores = Environment.ProcessorCount,
            runtime = OnnxRuntimeInfo.Read().Version,
            steps,
        });
        OnnxGenerationEngine[] engines = [.. folders.Select(folder => OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(folder), options))];
        try
        {
            MeasurePrefill(folders, engines);
            foreach ((string folder, OnnxGenerationEngine engine) in folders.Zip(engines))
            {
                (double step, double gap) = await ClientGap.MeasureAsync(folder, engine, steps);
                Write(new { measure = "client", folder, stepMs = Rounded(step), betweenStepsMs = Rounded(gap), toStep = Rounded(gap / step) });
            }

            foreach (int length in lengths)
            {
                MeasureLength(folders, engines, length, steps);
            }
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Dispose());
        }
    }

    /// <summary>A prompt in the client's pieces by a session, and each piece in turn with the native call alone.</summary>
    private void MeasurePrefill(string[] folders, OnnxGenerationEngine[] engines)
    {
        int piece = new Gemma4Options().PrefillChunkSize;
        for (int index = 0; index < folders.Length; index++)
        {
            OnnxGenerationEngine engine = engines[index];
            if (engine.Graph is not { CachesInPlace: true, InputIds: not null } || engine.MaxContextTokens < PromptLength)
            {
                continue;
            }

            int last = (PromptLength / piece) - 1;
            RawStep[] raw = [.. Enumerable.Range(0, last + 1).Select(number => new RawStep(engine, number * piece, piece, isScored: number == last))];
            using var session = (OnnxGenerationSession)engine.CreateSession();
            List<double> read = [];
            List<double> alone = [];
            for (int round = -1; round < PromptRounds; round++)
            {
                session.RewindTo(0);
                foreach ((int number, RawStep step) in raw.Index())
                {
                    int[] tokens = [.. Enumerable.Range(10 + (number * piece), piece)];
                    var watch = Stopwatch.StartNew();
                    if (number == last)
                    {
                        session.Append(tokens);
                    }
                    else
                    {
                        session.AppendUnscored(tokens, CancellationToken.None);
                    }

                    double time = watch.Elapsed.TotalMilliseconds;
                    double native = step.Run();
                    if (round >= 0)
                    {
                        read.Add(time);
                        alone.Add(native);
                    }
                }
            }

            Array.ForEach(raw, step => step.Dispose());
            Write(new
            {
                measure = "prefill",
                folder = folders[index],
                tokens = PromptLength,
                pieceMs = Rounded(Median(read)),
                tokensPerSecond = Rounded(piece * 1000 / Median(read)),
                toRawRun = Rounded(Median(Ratios([.. read], [.. alone]))),
            });
        }
    }

    private void MeasureLength(string[] folders, OnnxGenerationEngine[] engines, int length, int steps)
    {
        if (engines.Any(engine => engine.MaxContextTokens <= length))
        {
            Write(new { measure = "skipped", length, reason = $"the context holds {engines.Min(engine => engine.MaxContextTokens)} tokens" });
            return;
        }

        IGenerationSession[] filled = [.. engines.Select(engine => Fill(engine, length))];
        try
        {
            (double[][] alone, double[][] raw) = MeasureAlone(engines, filled, length, steps);
            for (int index = 0; index < folders.Length; index++)
            {
                double median = Median(alone[index]);
                Write(new
                {
                    measure = "step",
                    folder = folders[index],
                    length,
                    medianMs = Rounded(median),
                    bestMs = Rounded(alone[index].Min()),
                    toFirstFolder = Rounded(Median(Ratios(alone[index], alone[0]))),
                    rawRunMs = raw[index].Length == 0 ? (double?)null : Rounded(Median(raw[index])),
                    toRawRun = raw[index].Length == 0 ? (double?)null : Rounded(Median(Ratios(alone[index], raw[index]))),
                    cacheBytes = ((IForkableSession)filled[index]).CacheBytes,
                });
            }

            MeasureBatches(folders, engines, filled, length, steps);
        }
        finally
        {
            Array.ForEach(filled, session => session.Dispose());
        }
    }

    /// <summary>Groups of several sizes in turns; the sessions are forks of the filled ones.</summary>
    private void MeasureBatches(
        string[] folders, OnnxGenerationEngine[] engines, IGenerationSession[] filled, int length, int steps)
    {
        List<(int Folder, IGenerationSession[] Group)> subjects = [];
        try
        {
            for (int folder = 0; folder < folders.Length; folder++)
            {
                foreach (int size in BatchSizes)
                {
                    subjects.Add((folder, [.. Enumerable.Range(0, size).Select(_ => ((IForkableSession)filled[folder]).Fork(length))]));
                }
            }

            double[][] times = Measure(subjects.Count, steps, index => StepTogether(engines[subjects[index].Folder], subjects[index].Group, length));
            for (int index = 0; index < subjects.Count; index++)
            {
                (int folder, IGenerationSession[] group) = subjects[index];
                double median = Median(times[index]);
                Write(new
                {
                    measure = "batch",
                    folder = folders[folder],
                    length,
                    sessions = group.Length,
                    inOneRun = group.Length <= engines[folder].MaxBatchSize,
                    medianMs = Rounded(median),
                    tokensPerSecond = Rounded(group.Length * 1000 / median),
                    toOneSession = Rounded(Median(Ratios(times[index], times[folder * BatchSizes.Length]))),
                });
            }
        }
        catch (Gemma4CacheFullException exception)
        {
            Write(new { measure = "skipped", length, reason = exception.Message });
        }
        finally
        {
            foreach (IGenerationSession session in subjects.SelectMany(subject => subject.Group))
            {
                session.Dispose();
            }
        }
    }

    private static double StepTogether(OnnxGenerationEngine engine, IGenerationSession[] group, int length)
    {
        int[] tokens = [.. Enumerable.Range(10, group.Length)];
        var watch = Stopwatch.StartNew();
        if (group.Length <= engine.MaxBatchSize)
        {
            engine.AppendEach(group, tokens);
        }
        else
        {
            Array.ForEach(group, session => session.Append(tokens.AsSpan(0, 1)));
        }

        double elapsed = watch.Elapsed.TotalMilliseconds;
        Array.ForEach(group, session => session.RewindTo(length));
        return elapsed;
    }

    /// <summary>
    /// Steps of the sessions, and in turn with them what the native call alone takes, everything bound beforehand and
    /// nothing read.
    /// </summary>
    private static (double[][] Steps, double[][] Raw) MeasureAlone(OnnxGenerationEngine[] engines, IGenerationSession[] filled, int length, int steps)
    {
        RawStep?[] raw = [.. engines.Select(engine => engine.Graph is { CachesInPlace: true, InputIds: not null } ? new RawStep(engine, length) : null)];
        try
        {
            double[][] times = Measure(2 * engines.Length, steps, index =>
                index < engines.Length ? Step(filled[index], length) : raw[index - engines.Length]?.Run() ?? 0);
            return (times[..engines.Length], [.. raw.Select((step, index) => step is null ? [] : times[engines.Length + index])]);
        }
        finally
        {
            Array.ForEach(raw, step => step?.Dispose());
        }
    }

    private static double[][] Measure(int subjects, int steps, Func<int, double> run)
    {
        var times = new double[subjects][];
        Array.Fill(times, []);
        for (int subject = 0; subject < subjects; subject++)
        {
            times[subject] = new double[steps];
        }

        for (int step = -WarmUp; step < steps; step++)
        {
            for (int subject = 0; subject < subjects; subject++)
            {
                double time = run(subject);
                if (step >= 0)
                {
                    times[subject][step] = time;
                }
            }
        }

        return times;
    }

    private static double Step(IGenerationSession session, int length)
    {
        var watch = Stopwatch.StartNew();
        session.Append([10]);
        double elapsed = watch.Elapsed.TotalMilliseconds;
        session.RewindTo(length);
        return elapsed;
    }

    private static IGenerationSession Fill(OnnxGenerationEngine engine, int length)
    {
        IGenerationSession session = engine.CreateSession();
        var random = new Random(1);
        for (int start = 0; start < length; start += FillChunk)
        {
            session.Append([.. Enumerable.Range(0, Math.Min(FillChunk, length - start)).Select(_ => random.Next(4, engine.VocabularySize))]);
        }

        return session;
    }

    private static IEnumerable<double> Ratios(double[] times, double[] others) => times.Select((time, index) => time / others[index]);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static double Rounded(double value) => Math.Round(value, 3);

    private static string? Option(string[] arguments, string name)
    {
        int index = Array.IndexOf(arguments, name);
        return index >= 0 && index + 1 < arguments.Length ? arguments[index + 1] : null;
    }

    private static int? Number(string[] arguments, string name) =>
        Option(arguments, name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    private void Write<T>(T line) => write(JsonSerializer.Serialize(line));
}
