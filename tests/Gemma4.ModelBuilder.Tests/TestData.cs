namespace Gemma4.ModelBuilder.Tests;

/// <summary>Finds the test data of the repository.</summary>
internal static class TestData
{
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of large local data beside the repository, or null when absent.</summary>
    public static string? Shared { get; } = FindShared();

    /// <summary>A path under tests/data.</summary>
    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([Root, "tests", "data", .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests holds Gemma4.SemanticKernel.sln.");
    }

    private static string? FindShared()
    {
        // A worktree may lie one level deeper than the main checkout.
        string[] candidates = [System.IO.Path.Combine(Root, "..", "shared"),
            System.IO.Path.Combine(Root, "..", "..", "shared")];
        return candidates.Select(System.IO.Path.GetFullPath).FirstOrDefault(Directory.Exists);
    }
}
