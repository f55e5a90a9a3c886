using System.Text;
using Gemma4.Cli;

using var interruption = new Interruption();
Console.CancelKeyPress += (_, pressed) =>
{
    // When even the end of the program was asked for before, the system ends it.
    pressed.Cancel = interruption.Press();
};

if (args is not ["pull", ..])
{
    // After the line above, which makes the runtime ignore the signal.
    BrokenPipe.EndProgram();
}

// The console's own encodings write a byte order mark on some systems and follow the locale on others.
var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var rawInput = Console.OpenStandardInput();
using var input = new StreamReader(rawInput, utf8);
using var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" };
using var error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true };
var interactive = !Console.IsInputRedirected && !Console.IsOutputRedirected;
var streams = new CliStreams(input, output, error, interactive, rawInput, Console.IsErrorRedirected)
{
    Interruption = interruption,
    IsTerminal = !Console.IsOutputRedirected,
    // https://no-color.org: present and not empty, whatever it says.
    NoColor = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 },
};
return await CliApplication.RunAsync(args, streams, interruption.Program).ConfigureAwait(false);
