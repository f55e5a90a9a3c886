namespace Gemma4.Cli.Tests;

internal static class RepositoryData
{
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root(), "tests", "data", .. parts]);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma4.SemanticKernel.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside a checkout; their data is there.");
    }
}
