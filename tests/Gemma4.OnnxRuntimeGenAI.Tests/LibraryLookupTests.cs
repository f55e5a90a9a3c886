using Gemma4.OnnxRuntimeGenAI.Native;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

public sealed class LibraryLookupTests
{
    [Fact]
    public async Task A_missing_library_names_file_places_and_the_line_to_add()
    {
        var (exitCode, output, _) = await Probe.Run("find", library: null);

        Assert.Equal(0, exitCode);
        Assert.StartsWith($"The native library '{LibraryLocator.FileName}' was not found. Looked for '", output, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(AppContext.BaseDirectory, "runtimes"), output, StringComparison.Ordinal);
        Assert.Contains("<PackageReference Include=\"Microsoft.ML.OnnxRuntimeGenAI.Cuda\" />", output, StringComparison.Ordinal);
        Assert.Contains("GEMMA4_GENAI_LIBRARY", output, StringComparison.Ordinal);
    }

    [ProbeFact]
    public async Task The_environment_variable_may_name_the_file_or_its_folder()
    {
        var folder = Directory.CreateTempSubdirectory("größer-").FullName;
        var file = Path.Combine(folder, LibraryLocator.FileName);
        File.Copy(ToyLibrary.Path, file);

        var byFile = await Probe.Run("find", library: null, (RealLibrary.Variable, file));
        var byFolder = await Probe.Run("find", library: null, (RealLibrary.Variable, folder));
        Directory.Delete(folder, recursive: true);

        Assert.Equal($"engine: onnxruntime-genai on cpu ({file})", byFile.Output);
        Assert.Equal(byFile.Output, byFolder.Output);
    }

    [Fact]
    public async Task A_named_file_that_does_not_exist_is_not_searched_for_elsewhere()
    {
        var (_, output, _) = await Probe.Run("find", library: null, (RealLibrary.Variable, "/nowhere/lib.so"));

        Assert.Equal($"'/nowhere/lib.so', named by the environment variable GEMMA4_GENAI_LIBRARY, does not exist. Give the path of {LibraryLocator.FileName} or of its folder.", output);
    }

    [Fact]
    public async Task A_file_that_is_no_library_is_told_apart_from_a_missing_one()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Gemma4.GenAIProbe.runtimeconfig.json");

        var (_, output, _) = await Probe.Run("find", file);

        Assert.StartsWith($"'{file}' was found and could not be loaded: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_library_is_refused_by_the_functions_it_lacks()
    {
        var other = Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!)
            .First(file => Path.GetFileName(file) is "libSystem.Native.so" or "libSystem.Native.dylib" or "System.IO.Compression.Native.dll");

        var (_, output, _) = await Probe.Run("find", other);

        Assert.StartsWith($"'{other}' lacks {Oga.Required.Length} functions that the engine needs (OgaShutdown, ", output, StringComparison.Ordinal);
    }
}
