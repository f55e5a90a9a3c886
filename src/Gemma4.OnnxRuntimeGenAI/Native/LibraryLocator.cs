using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>Finds the native library: the path given, the environment variable, then where packages put native files.</summary>
internal static class LibraryLocator
{
    internal const string Variable = "GEMMA4_GENAI_LIBRARY";
    private const string SearchDirectories = "NATIVE_DLL_SEARCH_DIRECTORIES";

    internal static string FileName { get; } =
        OperatingSystem.IsWindows() ? "onnxruntime-genai.dll"
        : OperatingSystem.IsMacOS() ? "libonnxruntime-genai.dylib"
        : "libonnxruntime-genai.so";

    /// <summary>Loads the library and says from where.</summary>
    /// <exception cref="Gemma4ModelException">It was not found, or was found and could not be loaded.</exception>
    internal static (nint Library, string Path) Load(string? libraryPath)
    {
        if (!string.IsNullOrWhiteSpace(libraryPath))
        {
            return LoadNamed(libraryPath, "OnnxRuntimeGenAIOptions.LibraryPath");
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            return LoadNamed(variable, $"the environment variable {Variable}");
        }

        List<string> candidates = Candidates();
        if (candidates.Find(File.Exists) is { } found)
        {
            return (Open(found), found);
        }

        // Last, what the system's own search finds, such as LD_LIBRARY_PATH or PATH.
        return NativeLibrary.TryLoad(FileName, out nint library)
            ? (library, FileName)
            : throw new Gemma4ModelException(
                $"The native library '{FileName}' was not found. Looked for {string.Join(", ", candidates.Select(path => $"'{path}'"))}, and along the system's library path. {Packages}");
    }

    /// <summary>A folder stands for the library inside it.</summary>
    internal static string FileOf(string path)
    {
        string full = Path.GetFullPath(path);
        return Directory.Exists(full) ? Path.Combine(full, FileName) : full;
    }

    private static string Packages =>
        "Add one of these lines to the application project: <PackageReference Include=\"Microsoft.ML.OnnxRuntimeGenAI\" /> (processor) "
        + "or <PackageReference Include=\"Microsoft.ML.OnnxRuntimeGenAI.Cuda\" /> (NVIDIA), with a Version of 0.15.2 or newer; "
        + $"or set OnnxRuntimeGenAIOptions.LibraryPath or the environment variable {Variable} to the file.";

    private static (nint Library, string Path) LoadNamed(string path, string source)
    {
        string file = FileOf(path);
        return File.Exists(file)
            ? (Open(file), file)
            : throw new Gemma4ModelException($"'{file}', named by {source}, does not exist. Give the path of {FileName} or of its folder.");
    }

    private static nint Open(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new Gemma4ModelException(
                $"'{file}' was found and could not be loaded: {exception.Message.TrimEnd()} Check that it is for {RuntimeInformation.RuntimeIdentifier} and that the libraries it needs are installed.",
                exception);
        }
    }

    private static List<string> Candidates()
    {
        string application = AppContext.BaseDirectory;
        string[] known = (AppContext.GetData(SearchDirectories) as string)?
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return [.. new[] { application, Path.Combine(application, "runtimes", PortableIdentifier, "native") }
            .Concat(known)
            .Select(folder => Path.Combine(folder, FileName))
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The name that packages use for the platform's folder, such as linux-x64.</summary>
    private static string PortableIdentifier
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
            string architecture = RuntimeInformation.ProcessArchitecture switch
            {
                Architecture.X64 => "x64",
                Architecture.X86 => "x86",
                Architecture.Arm64 => "arm64",
                Architecture.Arm => "arm",
                var other => other.ToString(),
            };
            return $"{system}-{architecture}";
        }
    }
}
