namespace Gemma4;

/// <summary>Where the repository's test data lies.</summary>
internal static class TestData
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder shared beside a development checkout, when there is one.</summary>
    public static string? Shared { get; } =
        Directory.Exists(System.IO.Path.Combine(Root, "..", "shared"))
            ? System.IO.Path.GetFullPath(System.IO.Path.Combine(Root, "..", "shared"))
            : null;

    /// <summary>A path under tests/data.</summary>
    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([Root, "tests", "data", .. parts]);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new DirectoryNotFoundException("Gemma4.SemanticKernel.sln not found above the test assembly.");
    }
}
