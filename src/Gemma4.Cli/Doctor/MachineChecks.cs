using System.Globalization;
using System.Runtime.InteropServices;
using Gemma4.OnnxRuntime;

namespace Gemma4.Cli.Doctor;

/// <summary>.NET and the native runtime, whatever the model.</summary>
internal static class MachineChecks
{
    // ONNX Runtime 1.30 and before lack operators that the built graphs use: keys of length zero in attention (1.28) and
    // 8-bit embedding tables; 1.31.1 is what everything was run on.
    private static readonly Version TestedRuntime = new(1, 31, 1);

    public static IEnumerable<Finding> Run()
    {
        yield return Finding.Ok(".NET", string.Create(
            CultureInfo.InvariantCulture,
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores, SDK {InstalledSdks()}"));
        OnnxRuntimeInfo info;
        Finding? missing = null;
        try
        {
            info = OnnxRuntimeInfo.Read();
        }
        catch (Gemma4ModelException exception)
        {
            info = new OnnxRuntimeInfo("", null, []);
            missing = Finding.Problem("onnxruntime", exception.Message);
        }

        if (missing is not null)
        {
            yield return missing;
            yield break;
        }

        var fact = $"{info.Version}, {info.LibraryPath ?? "file unknown"}";
        yield return Version.TryParse(info.Version, out var version) && version >= TestedRuntime
            ? Finding.Ok("onnxruntime", fact)
            : Finding.Warning("onnxruntime", fact, $"Older than {TestedRuntime}, with which this version was tested. Update Microsoft.ML.OnnxRuntime.");
        yield return Finding.Ok("providers", string.Join(", ", info.ExecutionProviders));
    }

    /// <summary>The SDKs beside the running runtime; none is needed to run a model.</summary>
    private static string InstalledSdks()
    {
        var root = Directory.GetParent(RuntimeEnvironment.GetRuntimeDirectory().TrimEnd(Path.DirectorySeparatorChar))?.Parent?.Parent;
        var folder = new DirectoryInfo(Path.Combine(root?.FullName ?? "", "sdk"));
        var names = root is not null && folder.Exists
            ? folder.EnumerateDirectories().Select(sdk => sdk.Name).Where(name => char.IsAsciiDigit(name[0])).Order(StringComparer.Ordinal).ToArray()
            : [];
        return names.Length > 0 ? string.Join(", ", names) : "not installed";
    }
}
