using Gemma4.Benchmarks;
using Gemma4.Benchmarks.Micro;

switch (args.FirstOrDefault())
{
    case "tokenizer":
        TokenizerBenchmarks.Run();
        return 0;
    case "micro":
        return MicroBenchmarks.Run(args[1..]);
    case "guesses" when args.Length <= 2:
        await GuessBenchmarks.RunAsync(args.ElementAtOrDefault(1));
        return 0;
    case "nano":
        NanoBenchmarks.Run();
        return 0;
    case "drift":
        await DriftBenchmarks.RunAsync(args.ElementAtOrDefault(1));
        return 0;
    case "rounding":
        RoundingBenchmarks.Run();
        return 0;
    case "checkpoint" when args.Length == 3:
        BuildBenchmarks.WriteCheckpoint(args[1], args[2]);
        return 0;
    case "build" when args.Length is 2 or 3:
        await BuildBenchmarks.BuildAsync(args[1], args.Length == 3 ? args[2] : "int4");
        return 0;
    case "decode" when args.Length >= 2:
        await new DecodeBenchmarks(Console.WriteLine).RunAsync(args[1..]);
        return 0;
    case "table" when args.Length <= 2:
        return await SpeedTable.RunAsync(args.ElementAtOrDefault(1) ?? "e2b");
    case "pieces" when args.Length >= 2:
        PieceBenchmarks.Run(args[1..]);
        return 0;
    case "layouts":
        LayoutBenchmarks.Run();
        return 0;
    case "constraints":
        ConstraintBenchmarks.Run();
        return 0;
    case "structured":
        await EnforcementBenchmarks.OutputsAsync();
        return 0;
    case "calls" when args.Length == 2:
        EnforcementBenchmarks.Calls(args[1]);
        return 0;
    case "safety":
        SafetyBenchmarks.Run(showMisses: args.Contains("--misses"));
        return 0;
    case "soak" when args.Length <= 4:
        return await SoakBenchmark.RunAsync(args.ElementAtOrDefault(1), args.ElementAtOrDefault(2), args.ElementAtOrDefault(3));
    case "retrieval":
        await RetrievalBenchmarks.RunAsync();
        return 0;
    case "train-injection":
        SafetyBenchmarks.TrainInjection(useDeepset: !args.Contains("--without-deepset"));
        return 0;
    default:
        Console.Error.WriteLine(
            "Usage: dotnet run -c Release --project tests/Gemma4.Benchmarks -- tokenizer|micro [--dry] --filter *Sampler*|guesses [DIR]|nano|drift [VARIANTS]|rounding|layouts|constraints|structured|calls FILE|retrieval|soak [CHATS [CALLERS [DIR]]]|"
            + "decode DIR [DIR2] [--at 0,2048] [--steps N] [--threads N] [--spin]|table [SIZE]|pieces DIR [DIR2 ...] [--at 0,7900] [--of 1,128] [--steps N] [--threads N] [--unscored] [--profile]|checkpoint SIZE DIR|build DIR|SIZE [PRECISION]|safety [--misses]|train-injection [--without-deepset]");
        return 2;
}
