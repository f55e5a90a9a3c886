namespace Gemma4.House.Tests;

internal static class RepositoryFolder
{
    public static string Root { get; } = FindRoot();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static string Relative(string path) => System.IO.Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Source files under src, without build output of any layout.</summary>
    public static IReadOnlyList<string> SourceFiles() =>
        [.. Directory.EnumerateFiles(Path("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)];

    /// <summary>The name of the project in whose template the file is; null outside of templates.</summary>
    public static string? TemplateProject(string file)
    {
        var parts = Relative(file).Split('/');
        return parts.Length > 4 && parts[1] == "Gemma4.Templates" && parts[2] == "templates"
            ? System.IO.Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(Path(parts[..4]), "*.csproj").Single())
            : null;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException(
            $"Gemma4.SemanticKernel.sln not found above '{AppContext.BaseDirectory}'; run the tests from a checkout.");
    }
}
