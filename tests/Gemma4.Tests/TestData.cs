namespace Gemma4.Tests;

/// <summary>Finds the repository's test data from wherever the tests run.</summary>
internal static class TestData
{
    public static string Root { get; } = FindRoot();

    public static string? Shared
    {
        get
        {
            string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Root, "..", "shared"));
            return Directory.Exists(path) ? path : null;
        }
    }

    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([Root, "tests", "data", .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("Gemma4.SemanticKernel.sln not found above the test assembly.");
    }
}
