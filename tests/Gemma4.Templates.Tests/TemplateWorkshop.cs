using System.Xml.Linq;

namespace Gemma4.Templates.Tests;

/// <summary>
/// Packs the libraries and the templates that were built before, installs the templates where nobody else sees them, makes
/// a project of every kind and builds all of them, warnings as errors. Everything is in one temporary folder, which goes
/// in the end.
/// </summary>
public sealed class TemplateWorkshop : IAsyncLifetime
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(1);
    private static readonly string[] Packed = ["Gemma4", "Gemma4.Nano", "Gemma4.Safety", "Gemma4.Retrieval", "Gemma4.Retrieval.Sqlite", "Gemma4.Templates"];

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-templates-").FullName;
    private readonly Dictionary<string, string> _environment;

    public TemplateWorkshop()
    {
        _environment = new()
        {
            ["NUGET_PACKAGES"] = Path.Combine(_folder, "packages"),
            // Only what is packed here is unpacked here: the rest is read where the restore of the solution has put it.
            ["NUGET_FALLBACK_PACKAGES"] = string.Join(';', RepositoryFolder.PackageFolders()),
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["DOTNET_NOLOGO"] = "1",
        };
    }

    /// <summary>A version that no other package has, so that none from elsewhere can take part.</summary>
    public string Version { get; } = $"1.0.0-tests.{Guid.NewGuid():N}";

    public string PackageFile => Path.Combine(_folder, "feed", $"Gemma4.Templates.{Version}.nupkg");

    /// <summary>Whether <c>dotnet new</c> restored the project that it was not told to leave alone.</summary>
    public bool WasRestored { get; private set; }

    public async Task InitializeAsync()
    {
        await PackAsync();
        await WriteSourcesAsync(isAlone: true);
        await DotnetAsync("new", "install", PackageFile, "--debug:custom-hive", Path.Combine(_folder, "hive"));
        foreach (MadeProject project in MadeProject.All)
        {
            await MakeAsync(project, project == MadeProject.Agent ? [] : ["--no-restore"]);
        }

        WasRestored = File.Exists(PathOf(MadeProject.Agent, "obj", "project.assets.json"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "all.slnx"),
            $"<Solution>{string.Concat(MadeProject.All.Select(project => $"<Project Path=\"{project.Name}/{project.Name}.csproj\" />"))}</Solution>");
        await RestoreAsync();
        await DotnetAsync("build", "all.slnx", "--no-restore", "-warnaserror", "-v", "quiet");
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    internal string PathOf(MadeProject project, params string[] parts) => Path.Combine([_folder, project.Name, .. parts]);

    /// <summary>A new folder that is empty.</summary>
    internal string EmptyFolder() => Directory.CreateDirectory(Path.Combine(_folder, "run-" + Guid.NewGuid().ToString("N"))).FullName;

    internal Task<string> MakeAsync(MadeProject project, params string[] more) =>
        DotnetAsync(["new", project.Template, "-n", project.Name, "-o", project.Name, .. project.Options, .. more, "--no-update-check", "--debug:custom-hive", Path.Combine(_folder, "hive")]);

    /// <summary>What <c>dotnet new TEMPLATE --help</c> says.</summary>
    internal Task<string> HelpAsync(string template) => DotnetAsync("new", template, "--help", "--debug:custom-hive", Path.Combine(_folder, "hive"));

    internal ChildProcess Start(MadeProject project, string folder, IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        ChildProcess.Start(folder, environment, ChildProcess.Dotnet, ["exec", PathOf(project, "bin", "Debug", "net10.0", project.Name + ".dll"), .. arguments]);

    /// <summary>Runs a program to its end, with these lines as input.</summary>
    internal async Task<AppRun> RunAsync(MadeProject project, IEnumerable<string> input, string? folder = null, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        await using ChildProcess app = Start(project, folder ?? EmptyFolder(), environment, arguments);
        foreach (string line in input)
        {
            await app.Input.WriteLineAsync(line);
        }

        return new AppRun(await app.EndAsync(RunLimit), app.Output);
    }

    // All that the projects need came with the restore of the solution, so no source beside our feed is asked; should a version that
    // only they resolve be missing, the user's sources are.
    private async Task RestoreAsync()
    {
        string[] restore = ["restore", "all.slnx", "-p:NuGetAudit=false", "-v", "quiet"];
        (int code, string _) = await RunDotnetAsync(restore);
        if (code != 0)
        {
            await WriteSourcesAsync(isAlone: false);
            await DotnetAsync(restore);
        }
    }

    private Task WriteSourcesAsync(bool isAlone) => File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
        <configuration>
          <packageSources>
            {(isAlone ? "<clear />" : "")}
            <add key="gemma4-templates-tests" value="feed" />
          </packageSources>
        </configuration>
        """);

    // Reads what was built before and writes into the temporary folder only, because other tests run beside.
    private async Task PackAsync()
    {
        XElement packed = new("ItemGroup", Packed.Select(name => new XElement("Packed", new XAttribute("Include", RepositoryFolder.Path("src", name, name + ".csproj")))));
        string properties = string.Join(';', [
            $"Configuration={RepositoryFolder.Configuration}",
            "NoBuild=true",
            "IncludeSymbols=false",
            $"PackageVersion={Version}",
            $"PackageOutputPath={Path.Combine(_folder, "feed")}",
            $"NuspecOutputPath={Path.Combine(_folder, "nuspec")}{Path.DirectorySeparatorChar}",
        ]);
        XElement project = new(
            "Project",
            packed,
            new XElement("Target", new XAttribute("Name", "Pack"), new XElement(
                "MSBuild", new XAttribute("Projects", "@(Packed)"), new XAttribute("Targets", "Pack"), new XAttribute("Properties", properties), new XAttribute("BuildInParallel", "true"))));
        string file = Path.Combine(_folder, "pack.proj");
        await File.WriteAllTextAsync(file, project.ToString());
        await DotnetAsync("msbuild", file, "-t:Pack", "-m:2", "-v:quiet", "-nologo");
    }

    private async Task<string> DotnetAsync(params string[] arguments)
    {
        (int code, string output) = await RunDotnetAsync(arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"'dotnet {string.Join(' ', arguments)}' ended with {code}. The templates are tested on packages of the {RepositoryFolder.Configuration} build, so the solution must have been built in it.\n{output}");
    }

    private async Task<(int Code, string Output)> RunDotnetAsync(string[] arguments)
    {
        await using ChildProcess dotnet = ChildProcess.Start(_folder, _environment, ChildProcess.Dotnet, arguments);
        return (await dotnet.EndAsync(BuildLimit), dotnet.Output);
    }
}
