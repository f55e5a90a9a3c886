namespace Gemma4.Cli.Benchmarking;

/// <summary>One line of the chat benchmark.</summary>
internal sealed record ChatFigure(string Name, double Value, string Unit);
