using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>The native ONNX Runtime that this process uses.</summary>
/// <param name="Version">Version that the library reports, as in "1.31.1".</param>
/// <param name="LibraryPath">File it was loaded from; null when the system does not tell.</param>
/// <param name="ExecutionProviders">
/// Names for <see cref="OnnxRuntimeOptions.ExecutionProvider"/> that the library was built with, best first. That a
/// provider is listed does not mean that its own libraries and its device are there.
/// </param>
public sealed record OnnxRuntimeInfo(string Version, string? LibraryPath, IReadOnlyList<string> ExecutionProviders)
{
    /// <summary>Loads the library if need be, with its usage reports switched off, and asks it.</summary>
    /// <exception cref="Gemma4ModelException">The application has no native library, or one that cannot be loaded.</exception>
    public static OnnxRuntimeInfo Read()
    {
        try
        {
            OnnxTelemetry.Apply(enabled: false);
            OrtEnv environment = OrtEnv.Instance();
            return new OnnxRuntimeInfo(environment.GetVersionString(), FindLibrary(), environment.GetAvailableProviders());
        }
        catch (Exception exception) when (OnnxFailure.IsMissingLibrary(exception))
        {
            throw OnnxFailure.MissingLibrary(exception);
        }
    }

    private static string? FindLibrary()
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            string name = Path.GetFileNameWithoutExtension(module.ModuleName);
            if (name is "onnxruntime" or "libonnxruntime" || name.StartsWith("libonnxruntime.", StringComparison.Ordinal))
            {
                return module.FileName;
            }
        }

        return null;
    }
}
