using Gemma4.Benchmarks;

switch (args.FirstOrDefault())
{
    case "tokenizer":
        TokenizerBenchmarks.Run();
        break;
    default:
        Console.Error.WriteLine("Usage: dotnet run -c Release --project tests/Gemma4.Benchmarks -- tokenizer");
        return 2;
}

return 0;
