namespace Gemma4.Parsing;

/// <summary>What was read out of one call's text: arguments or an error, never neither.</summary>
/// <param name="Name">The function's name, or <see cref="UnknownName"/> where none can be made out.</param>
/// <param name="Arguments">The arguments, null where the call cannot be read.</param>
/// <param name="Error">Why the call cannot be read.</param>
/// <param name="End">Where in the text the call ends.</param>
/// <param name="IsCutOff">The text ended before the call's brackets did.</param>
/// <param name="UsedRawText">A string without delimiters was taken, so the end is a guess.</param>
internal readonly record struct ToolCallReading(
    string Name,
    Dictionary<string, object?>? Arguments,
    string? Error,
    int End,
    bool IsCutOff,
    bool UsedRawText)
{
    public const string UnknownName = "unknown";
}
