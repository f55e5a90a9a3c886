using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;

namespace Gemma4.Templates.Tests;

[Collection(SharedWorkshop.Name)]
public sealed class PackageTests(TemplateWorkshop workshop)
{
    public static TheoryData<string> Names => MadeProject.Names;

    public static TheoryData<string> Templates => ["gemma4-agent", "gemma4-web", "gemma4-rag"];

    [Fact]
    public void The_package_is_one_of_templates_and_has_no_library()
    {
        using ZipArchive package = ZipFile.OpenRead(workshop.PackageFile);
        using Stream stream = package.GetEntry("Gemma4.Templates.nuspec")!.Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single();

        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal("Template", metadata.Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name")!.Value);
        Assert.Equal(workshop.Version, Value("version"));
        Assert.Equal("Apache-2.0", Value("license"));
        Assert.NotNull(package.GetEntry(Value("icon")));
        Assert.NotNull(package.GetEntry(Value("readme")));
        Assert.DoesNotContain(metadata.Descendants(), element => element.Name.LocalName == "dependency");
        Assert.DoesNotContain(package.Entries, entry => entry.FullName.EndsWith(".dll", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_has_all_its_files(string template)
    {
        using ZipArchive package = ZipFile.OpenRead(workshop.PackageFile);

        string source = RepositoryFolder.Path("src", "Gemma4.Templates", "templates", template);
        string[] expected = [.. Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Select(file => $"content/{template}/{Path.GetRelativePath(source, file).Replace('\\', '/')}")
            .Order(StringComparer.Ordinal)];
        Assert.Equal(expected, package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith($"content/{template}/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains($"content/{template}/.gitignore", expected);
        Assert.Contains($"content/{template}/README.md", expected);
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task A_template_describes_its_options(string template)
    {
        string folder = RepositoryFolder.Path("src", "Gemma4.Templates", "templates", template, ".template.config");
        using var settings = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "template.json")));
        using var host = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "dotnetcli.host.json")));
        string help = await workshop.HelpAsync(template);

        JsonProperty[] parameters = [.. settings.RootElement.GetProperty("symbols").EnumerateObject().Where(symbol => symbol.Value.GetProperty("type").GetString() == "parameter")];
        Assert.All(parameters, parameter =>
        {
            Assert.NotEqual("", parameter.Value.GetProperty("description").GetString());
            Assert.NotEqual("", parameter.Value.GetProperty("displayName").GetString());
            Assert.Contains($"--{host.RootElement.GetProperty("symbolInfo").GetProperty(parameter.Name).GetProperty("longName").GetString()} ", help, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_takes_our_packages_in_the_version_of_the_templates_and_others_in_the_central_one(string name)
    {
        MadeProject project = MadeProject.Of(name);
        Dictionary<string, string> central = XDocument.Load(RepositoryFolder.Path("src", "Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);

        XElement[] references = [.. XDocument.Load(workshop.PathOf(project, name + ".csproj")).Descendants("PackageReference")];

        Assert.Contains(references, reference => reference.Attribute("Include")!.Value == "Gemma4");
        Assert.Contains(references, reference => reference.Attribute("Include")!.Value == "Microsoft.ML.OnnxRuntime");
        Assert.All(references, reference => Assert.Equal(
            reference.Attribute("Include")!.Value is var id && id.StartsWith("Gemma4", StringComparison.Ordinal) ? workshop.Version : central[id],
            reference.Attribute("Version")!.Value));
    }

    [Fact]
    public void A_project_is_restored_when_it_is_made() => Assert.True(workshop.WasRestored);

    [Theory]
    [InlineData("My.Agent", "Gemma4.Safety", true)]
    [InlineData("my-agent", "Gemma4.Safety", false)]
    [InlineData("My.Web", "Gemma4.Safety", true)]
    [InlineData("my-web", "Gemma4.Safety", false)]
    [InlineData("My.Web", "OpenTelemetry.Extensions.Hosting", true)]
    [InlineData("my-web", "OpenTelemetry.Extensions.Hosting", false)]
    [InlineData("My.Documents", "Gemma4.Retrieval.Sqlite", false)]
    [InlineData("my-documents", "Gemma4.Retrieval.Sqlite", true)]
    public void What_is_not_asked_for_is_not_restored(string name, string package, bool isThere)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(workshop.PathOf(MadeProject.Of(name), "obj", "project.assets.json")));

        Assert.Equal(isThere, assets.RootElement.GetProperty("libraries").EnumerateObject().Any(library => library.Name.StartsWith(package + "/", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_of_the_template_is_left_in_a_project(string name)
    {
        string folder = workshop.PathOf(MadeProject.Of(name));
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))];

        Assert.Contains(Path.Combine(folder, ".gitignore"), files);
        Assert.DoesNotContain(files, file => file.Contains(".template.config", StringComparison.Ordinal));
        Assert.All(files, file =>
        {
            string text = File.ReadAllText(file);
            Assert.All(["Company.Gemma", "MODEL-FOLDER", "#if", "#endif", "VALUE-FORMS", "0.0.0-"], mark => Assert.DoesNotContain(mark, text, StringComparison.Ordinal));
            Assert.False(text.EndsWith("\n\n", StringComparison.Ordinal), $"{file} ends with an empty line.");
        });
        Assert.StartsWith("# ", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("My.Agent", "My.Agent")]
    [InlineData("my-agent", "my_agent")]
    public void The_namespace_is_the_name_as_far_as_it_can_be_one(string name, string expected) =>
        Assert.Contains($"namespace {expected};\n", File.ReadAllText(workshop.PathOf(MadeProject.Of(name), "AgentTools.cs")).ReplaceLineEndings("\n"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task The_model_folder_goes_into_the_settings_whatever_it_is_called(string template)
    {
        const string Folder = """C:\my models\"e2b" €""";
        MadeProject project = new(template, "Model." + template, "--model", Folder);

        await workshop.MakeAsync(project, "--no-restore");

        using var settings = JsonDocument.Parse(await File.ReadAllTextAsync(workshop.PathOf(project, "appsettings.json")));
        Assert.Equal(Folder, settings.RootElement.GetProperty("Gemma4").GetProperty("ModelPath").GetString());
    }
}
