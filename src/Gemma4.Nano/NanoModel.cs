namespace Gemma4.Nano;

/// <summary>The toy model gemma4-nano, which this package puts beside the application.</summary>
public static class NanoModel
{
    /// <summary>Name of the folder beside the application.</summary>
    public const string FolderName = "gemma4-nano";

    /// <summary>Full path of the model folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The build did not copy the folder to the application.</exception>
    public static string Directory
    {
        get
        {
            var path = Path.Combine(AppContext.BaseDirectory, FolderName);
            return File.Exists(Path.Combine(path, "model.onnx"))
                ? path
                : throw new DirectoryNotFoundException(
                    $"model.onnx not found in '{path}'. The package Gemma4.Nano copies the folder '{FolderName}' "
                    + "beside the application when it builds: reference the package from the application project, "
                    + "or copy the folder there.");
        }
    }
}
