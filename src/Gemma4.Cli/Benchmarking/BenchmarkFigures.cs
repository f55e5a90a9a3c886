namespace Gemma4.Cli.Benchmarking;

/// <summary>What a benchmark found; times are medians over the runs.</summary>
/// <param name="PromptTokens">Length of the prompt.</param>
/// <param name="NewTokens">Tokens generated in each run.</param>
/// <param name="Runs">Measured runs.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens over the time until the prompt's logits were there.</param>
/// <param name="DecodeTokensPerSecond">Speed from the first new token on; 0 with a single new token.</param>
/// <param name="FirstTokenMilliseconds">From the start of the prompt to the first token picked.</param>
/// <param name="LoadMilliseconds">From the folder to a model that can run.</param>
/// <param name="ResidentMegabytes">Physical memory of the whole process after the runs, in 10^6 bytes.</param>
internal sealed record BenchmarkFigures(
    int PromptTokens,
    int NewTokens,
    int Runs,
    double PrefillTokensPerSecond,
    double DecodeTokensPerSecond,
    double FirstTokenMilliseconds,
    double LoadMilliseconds,
    double ResidentMegabytes);
