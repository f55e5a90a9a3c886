using Gemma4.Benchmarks;

switch (args.FirstOrDefault())
{
    case "tokenizer":
        TokenizerBenchmarks.Run();
        return 0;
    case "sampler":
        SamplerBenchmarks.Run();
        return 0;
    case "nano":
        NanoBenchmarks.Run();
        return 0;
    case "safety":
        SafetyBenchmarks.Run(showMisses: args.Contains("--misses"));
        return 0;
    case "train-injection":
        SafetyBenchmarks.TrainInjection(useDeepset: !args.Contains("--without-deepset"));
        return 0;
    default:
        Console.Error.WriteLine("Usage: dotnet run -c Release --project tests/Gemma4.Benchmarks -- tokenizer|sampler|nano|safety|train-injection");
        return 2;
}
