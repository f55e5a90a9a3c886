using System.Text.RegularExpressions;

namespace Gemma4.House.Tests;

/// <summary>The code in README.md and docs compiles, and the links lead somewhere.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(RepositoryFolder.Path("docs"), "*.md")
            .Prepend(RepositoryFolder.Path("README.md"))
            .Concat(Directory.EnumerateDirectories(RepositoryFolder.Path("src")).Select(folder => Path.Combine(folder, "README.md")).Where(File.Exists))
            .Select(RepositoryFolder.Relative)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_code_of_a_document_compiles(string name)
    {
        var errors = DocumentBlock.Read(name, File.ReadAllText(RepositoryFolder.Path(name)))
            .Where(block => block.NotCompiled is null)
            .SelectMany(DocumentCompiler.Errors);

        Assert.Empty(errors);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_block_that_is_not_compiled_says_why(string name) =>
        Assert.All(DocumentBlock.Read(name, File.ReadAllText(RepositoryFolder.Path(name))), block => Assert.NotEqual("", block.NotCompiled));

    [Theory]
    [MemberData(nameof(Files))]
    public void The_relative_links_of_a_document_lead_to_files(string name)
    {
        var folder = Path.GetDirectoryName(RepositoryFolder.Path(name))!;
        var targets = Link().Matches(File.ReadAllText(RepositoryFolder.Path(name)))
            .Select(match => match.Groups["target"].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal));

        Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(folder, target)), $"{name} links to '{target}', which is not there."));
    }

    [Fact]
    public void The_performance_guide_lists_every_instrument()
    {
        var source = File.ReadAllText(RepositoryFolder.Path("src", "Gemma4", "Generation", "EngineMetrics.cs"));
        var guide = File.ReadAllText(RepositoryFolder.Path("docs", "performance.md"));

        Assert.Equal(
            Instrument().Matches(source).Select(match => match.Value).Order(StringComparer.Ordinal),
            Instrument().Matches(guide.Split("<!-- metrics -->")[1].Split("<!-- /metrics -->")[0]).Select(match => match.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_package_table_names_every_package()
    {
        var table = File.ReadAllText(RepositoryFolder.Path("README.md")).Split("## Packages\n")[1].Split("\n## ")[0];
        var named = table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).SelectMany(line =>
        {
            var names = QuotedName().Matches(line.Split('|')[1]).Select(match => match.Groups["name"].Value).ToArray();

            // `Gemma4.Retrieval.Sqlite`, `.Redis`: the rest of a row shares the first one's beginning.
            return names.Select(name => name.StartsWith('.') ? names[0][..names[0].LastIndexOf('.')] + name : name);
        });

        Assert.Equal(
            Directory.EnumerateDirectories(RepositoryFolder.Path("src")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal),
            named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_wrong_member_is_an_error_with_the_line_of_the_document()
    {
        var block = DocumentBlock.Read("guide.md", "# Guide\n\n```csharp\nvar n = 1;\nservices.AddGemma9(n);\n```\n").Single();

        var error = Assert.Single(DocumentCompiler.Errors(block));

        Assert.StartsWith("guide.md(5): CS1061", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preamble_belongs_to_the_next_block_alone()
    {
        var blocks = DocumentBlock.Read("guide.md", "<!-- csharp\nint n = 1;\n-->\n```csharp\nn++;\n```\n\n```csharp\nn++;\n```\n");

        Assert.Empty(DocumentCompiler.Errors(blocks[0]));
        Assert.NotEmpty(DocumentCompiler.Errors(blocks[1]));
    }

    [Fact]
    public void A_block_with_a_reason_is_known_as_not_compiled() =>
        Assert.Equal("a fragment", DocumentBlock.Read("guide.md", "```csharp\n// not compiled: a fragment\nx\n```").Single().NotCompiled);

    [GeneratedRegex("""\]\((?<target>[^)\s]+)\)""")]
    private static partial Regex Link();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex QuotedName();

    [GeneratedRegex(@"gemma4\.[a-z_]+\.[a-z_]+")]
    private static partial Regex Instrument();
}
