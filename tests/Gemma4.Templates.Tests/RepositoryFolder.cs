using System.Text.Json;

namespace Gemma4.Templates.Tests;

internal static class RepositoryFolder
{
    private static readonly string Root = FindRoot();

    /// <summary>The configuration that this test was built in, from the folder it runs in.</summary>
    public static string Configuration { get; } =
        new DirectoryInfo(AppContext.BaseDirectory).Name.StartsWith("release", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>Where the restore of the solution found and put packages.</summary>
    public static string[] PackageFolders()
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path(".artifacts", "obj", "Gemma4.Templates.Tests", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"Gemma4.SemanticKernel.sln not found above '{AppContext.BaseDirectory}'; run the tests from a checkout.");
    }
}
