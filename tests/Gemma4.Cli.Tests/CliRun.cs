using System.Globalization;
using System.Text.Json;

namespace Gemma4.Cli.Tests;

/// <summary>One run of the program in this process.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement Json(int line) => JsonElement.Parse(Lines[line]);

    public static Task<CliRun> Of(params string[] args) => WithInput("", args);

    public static async Task<CliRun> WithInput(string input, string[] args, CancellationToken cancellationToken = default)
    {
        using var reader = new StringReader(input);
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var exitCode = await CliApplication.RunAsync(args, reader, output, error, cancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
