namespace Gemma4.Cli;

/// <summary>
/// Where the program reads and writes; tests pass their own. Interactive means that a person types the input and sees the
/// output: show a prompt and colors; unless the error stream goes elsewhere, it may show moving things. RawInput is the bytes of Input, for a command that must tell bytes that are no text.
/// </summary>
internal sealed record CliStreams(
    TextReader Input,
    TextWriter Output,
    TextWriter Error,
    bool IsInteractive = false,
    Stream? RawInput = null,
    bool IsErrorRedirected = false)
{
    /// <summary>
    /// A person sees the output while it is written, though the input may come from elsewhere: colors, and no control
    /// characters of models and documents.
    /// </summary>
    public bool IsTerminal
    {
        get => field || IsInteractive;
        init;
    }

    /// <summary>What Ctrl+C interrupts; null where nobody can press it.</summary>
    public Interruption? Interruption { get; init; }

    /// <summary>A person sees the output but wants no colors (NO_COLOR).</summary>
    public bool NoColor { get; init; }
}
