using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Gemma4.House.Tests;

public sealed class SourceRuleTests
{
    private const int MaxLines = 400;

    /// <summary>Namespaces in which registration extensions live so that callers see them without a using.</summary>
    private static readonly string[] ExtensionNamespaces =
        ["Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.AI", "Microsoft.SemanticKernel", "Gemma4"];

    [Fact]
    public void No_source_file_holds_more_than_400_lines()
    {
        var offences = RepositoryFolder.SourceFiles()
            .Select(file => (File: RepositoryFolder.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(entry => entry.Lines > MaxLines)
            .Select(entry => $"{entry.File}: {entry.Lines} lines");

        Assert.Empty(offences);
    }

    [Fact]
    public void A_file_holds_one_top_level_type_of_its_own_name()
    {
        var offences = new List<string>();
        foreach (var file in RepositoryFolder.SourceFiles())
        {
            var names = TopLevelNames(Parse(file));
            // Thing.Part.cs holds a part of a partial type, Thing{T}.cs a generic one.
            var expected = Path.GetFileName(file).Split('.', '{')[0];
            if (names.Count > 1 || (names.Count == 1 && names[0] != expected))
            {
                offences.Add($"{RepositoryFolder.Relative(file)}: {string.Join(", ", names)}");
            }
        }

        Assert.Empty(offences);
    }

    [Fact]
    public void The_namespace_of_a_file_is_its_folder()
    {
        var offences = new List<string>();
        foreach (var file in RepositoryFolder.SourceFiles())
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath(RepositoryFolder.Path("src"), file))!;
            // The files of a template belong to the project that is made from it.
            var expected = RepositoryFolder.TemplateProject(file) ?? folder.Replace(Path.DirectorySeparatorChar, '.');
            var isExtension = file.EndsWith("Extensions.cs", StringComparison.Ordinal);
            var actual = Parse(file).DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
                .Select(declaration => declaration.Name.ToString())
                .Where(name => name != expected && !(isExtension && ExtensionNamespaces.Contains(name)));
            offences.AddRange(actual.Select(name => $"{RepositoryFolder.Relative(file)}: {name} instead of {expected}"));
        }

        Assert.Empty(offences);
    }

    private static CompilationUnitSyntax Parse(string file) =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetCompilationUnitRoot();

    private static List<string> TopLevelNames(CompilationUnitSyntax unit) =>
        [.. unit.Members
            .SelectMany(member => member is BaseNamespaceDeclarationSyntax space ? space.Members : [member])
            .Select(member => member switch
            {
                BaseTypeDeclarationSyntax type => type.Identifier.Text,
                DelegateDeclarationSyntax type => type.Identifier.Text,
                _ => null,
            })
            .OfType<string>()];
}
