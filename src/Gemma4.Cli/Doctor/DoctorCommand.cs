using Gemma4.Cli.Arguments;
using Gemma4.Cli.Json;
using Gemma4.Models;
using Gemma4.Nano;

namespace Gemma4.Cli.Doctor;

/// <summary>Says whether a model folder will run on this machine, and what to change when it will not.</summary>
internal static class DoctorCommand
{
    private static readonly OptionDefinition Load =
        new("--load", null, "Also loads the model and runs one token, which takes the memory and the time of a real start.");

    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object.");

    public static CommandDefinition Definition { get; } = new(
        "doctor",
        "[DIR]",
        0,
        1,
        "Checks this machine and a model folder. Exit code 1 when the model cannot run.",
        [Load, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var directory = arguments.Positionals.Count > 0 ? arguments.Positionals[0] : NanoModel.Directory;
        var findings = await Task.Run(
            () => Examine(directory, arguments.Has(Load.Name), cancellationToken), cancellationToken).ConfigureAwait(false);
        await streams.Output.WriteAsync(arguments.Has(Json.Name) ? ToJson(findings) : ToText(findings)).ConfigureAwait(false);
        var problems = findings.Count(finding => finding.Severity == Severity.Problem);
        if (problems > 0)
        {
            await streams.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            throw new InvalidOperationException(problems == 1 ? "1 problem found." : $"{problems} problems found.");
        }
    }

    private static List<Finding> Examine(string directory, bool load, CancellationToken cancellationToken)
    {
        List<Finding> findings = [.. MachineChecks.Run()];
        Gemma4ModelFolder folder;
        try
        {
            folder = Gemma4ModelFolder.Open(ModelArgument.Resolve(directory));
        }
        catch (Exception exception) when (exception is Gemma4ModelException or Gemma4DownloadException)
        {
            findings.Add(Finding.Problem("model", exception.Message));
            return findings;
        }

        findings.AddRange(FolderChecks.Run(folder));
        findings.AddRange(ResourceChecks.Run(folder));
        if (load && findings.All(finding => finding.Severity != Severity.Problem))
        {
            findings.Add(LoadCheck.Run(folder, cancellationToken));
        }

        return findings;
    }

    private static string ToText(List<Finding> findings)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var width = findings.Max(finding => finding.Topic.Length);
        foreach (var finding in findings)
        {
            text.WriteLine($"{Mark(finding.Severity),-7}  {finding.Topic.PadRight(width)}  {finding.Fact}");
            if (finding.Fix is not null)
            {
                text.WriteLine($"{"",-7}  {"".PadRight(width)}  -> {finding.Fix}");
            }
        }

        return text.ToString();
    }

    private static string ToJson(List<Finding> findings) => JsonLine.Of(json =>
    {
        json.WriteBoolean("ok", findings.All(finding => finding.Severity != Severity.Problem));
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity", Mark(finding.Severity));
            json.WriteString("topic", finding.Topic);
            json.WriteString("fact", finding.Fact);
            if (finding.Fix is not null)
            {
                json.WriteString("fix", finding.Fix);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }) + "\n";

    private static string Mark(Severity severity) => severity switch
    {
        Severity.Ok => "ok",
        Severity.Warning => "warning",
        _ => "problem",
    };
}
