using System.Xml.Linq;

namespace Gemma4.House.Tests;

/// <summary>What a reader of the package list sees of every package.</summary>
public sealed class PackageTests
{
    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(RepositoryFolder.Path("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => RepositoryFolder.TemplateProject(file) is null)
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_has_a_description_tags_and_a_readme_of_its_own(string name)
    {
        var project = XDocument.Load(RepositoryFolder.Path("src", name, name + ".csproj"));

        Assert.NotEmpty(project.Descendants("Description").Single().Value);
        Assert.Contains("gemma4", project.Descendants("PackageTags").Single().Value.Split(';'));
        Assert.StartsWith("# ", File.ReadAllText(RepositoryFolder.Path("src", name, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void All_packages_share_icon_readme_licence_symbols_and_source_information()
    {
        var shared = XDocument.Load(RepositoryFolder.Path("src", "Directory.Build.targets"));
        var root = XDocument.Load(RepositoryFolder.Path("Directory.Build.props"));

        Assert.Equal("icon.png", shared.Descendants("PackageIcon").Single().Value);
        Assert.Equal("README.md", shared.Descendants("PackageReadmeFile").Single().Value);
        Assert.Equal("snupkg", shared.Descendants("SymbolPackageFormat").Single().Value);
        Assert.Equal("true", shared.Descendants("PublishRepositoryUrl").Single().Value);
        Assert.Equal("true", shared.Descendants("EmbedUntrackedSources").Single().Value);
        Assert.Equal("Apache-2.0", root.Descendants("PackageLicenseExpression").Single().Value);
        Assert.Equal("true", root.Descendants("Deterministic").Single().Value);
        Assert.Equal("true", root.Descendants("ContinuousIntegrationBuild").Single().Value);
    }

    [Fact]
    public void The_icon_is_a_square_png_of_the_size_that_galleries_show()
    {
        var bytes = File.ReadAllBytes(RepositoryFolder.Path("src", "icon.png"));

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.Equal(128, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)));
        Assert.Equal(128, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)));
    }
}
