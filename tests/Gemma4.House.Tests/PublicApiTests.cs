using System.Text;
using PublicApiGenerator;

namespace Gemma4.House.Tests;

public sealed class PublicApiTests
{
    public static TheoryData<string> Names => Libraries.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_public_surface_is_the_approved_one(string library)
    {
        var actual = Libraries.Load(library)
            // Registration extensions live in namespaces of Microsoft's, which the generator leaves out unless told.
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] })
            .ReplaceLineEndings("\n").TrimEnd() + "\n";
        var approvedFile = RepositoryFolder.Path("tests", "Gemma4.House.Tests", "Approved", library + ".txt");
        if (Environment.GetEnvironmentVariable("GEMMA4_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(approvedFile)!);
            File.WriteAllText(approvedFile, actual);
        }

        var approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n") : "";
        if (approved != actual)
        {
            var actualFile = RepositoryFolder.Path(".artifacts", "api", library + ".txt");
            Directory.CreateDirectory(Path.GetDirectoryName(actualFile)!);
            File.WriteAllText(actualFile, actual);
            Assert.Fail(
                $"The public surface of {library} changed (actual text: {RepositoryFolder.Relative(actualFile)}). "
                + "If it was meant to, run the test with GEMMA4_APPROVE=1 and commit the approved file.\n"
                + Difference(approved, actual));
        }
    }

    [Fact]
    public void A_difference_names_lines_that_went_and_lines_that_came() =>
        Assert.Equal("- b\n+ c\n", Difference("a\nb\n", "a\nc\n"));

    /// <summary>Lines of one text that the other lacks, with multiplicity; their order stays that of the text.</summary>
    private static string Difference(string before, string after)
    {
        var result = new StringBuilder();
        AppendMissing(result, "- ", before, after);
        AppendMissing(result, "+ ", after, before);
        return result.ToString();
    }

    private static void AppendMissing(StringBuilder result, string mark, string text, string other)
    {
        var left = other.Split('\n').GroupBy(line => line).ToDictionary(group => group.Key, group => group.Count());
        foreach (var line in text.Split('\n'))
        {
            var count = left.GetValueOrDefault(line);
            left[line] = count - 1;
            if (count <= 0)
            {
                result.Append(mark).Append(line).Append('\n');
            }
        }
    }
}
