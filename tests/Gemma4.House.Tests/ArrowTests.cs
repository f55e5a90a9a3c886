using System.Xml.Linq;

namespace Gemma4.House.Tests;

public sealed class ArrowTests
{
    public static TheoryData<string> Names => Libraries.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_library_references_only_what_its_arrows_allow(string library)
    {
        string[] allowed = [.. Libraries.AllowedOurs[library], .. Libraries.AllowedForeign[library]];
        var offences = Libraries.Load(library).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => !IsRuntime(name) && !allowed.Any(entry => Matches(name, entry)))
            .Order()
            .ToArray();

        Assert.True(offences.Length == 0, $"{library} must not reference {string.Join(", ", offences)}.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_file_draws_no_arrow_that_the_design_lacks(string library)
    {
        var project = XDocument.Load(RepositoryFolder.Path("src", library, library + ".csproj"));
        var references = project.Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension((string)element.Attribute("Include")!));

        Assert.Empty(references.Except(Libraries.AllowedOurs[library]));
    }

    [Fact]
    public void Every_project_under_src_is_known_to_these_tests()
    {
        var projects = Directory.EnumerateFiles(RepositoryFolder.Path("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => RepositoryFolder.TemplateProject(file) is null)
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal);

        // The command-line tool may use everything and the templates hold no library, so they have no arrows to guard.
        Assert.Equal(Libraries.AllowedOurs.Keys.Concat(["Gemma4.Cli", "Gemma4.Templates"]).Order(StringComparer.Ordinal), projects);
    }

    private static bool IsRuntime(string name) =>
        name is "netstandard" or "mscorlib" or "System" || name.StartsWith("System.", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);

    private static bool Matches(string name, string entry) =>
        entry.EndsWith('.') ? name.StartsWith(entry, StringComparison.Ordinal) : name == entry;
}
