namespace Gemma4.Templates.Tests;

/// <summary>What a program said and how it ended.</summary>
internal sealed record AppRun(int ExitCode, string Output);
