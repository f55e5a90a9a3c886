using Gemma4.Benchmarks;

switch (args.FirstOrDefault())
{
    case "sampler":
        SamplerBenchmarks.Run();
        return 0;
    default:
        Console.Error.WriteLine("Name a section: sampler");
        return 1;
}
