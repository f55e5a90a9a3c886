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
    case "layouts":
        LayoutBenchmarks.Run();
        return 0;
    default:
        Console.Error.WriteLine("Usage: dotnet run -c Release --project tests/Gemma4.Benchmarks -- tokenizer|sampler|nano|layouts");
        return 2;
}
