using System.Globalization;
using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Cuda;

/// <summary>
/// Looks for everything that CUDA needs before native code does: driver, device, CUDA runtime libraries of the version
/// that the provider was built for, and cuDNN. A missing one then gives a sentence instead of a crash.
/// </summary>
internal sealed unsafe class CudaPreflight
{
    private const int NoDevice = 100;
    private static readonly int[] KnownVersions = [13, 12, 11];

    private readonly Func<string, bool> _canLoad;
    private readonly Func<string?> _driverFault;
    private readonly bool _windows;

    internal CudaPreflight(Func<string, bool> canLoad, Func<string?> driverFault, bool windows)
    {
        _canLoad = canLoad;
        _driverFault = driverFault;
        _windows = windows;
    }

    /// <exception cref="Gemma4ModelException">Something is missing; the message says what and how to get it.</exception>
    internal static void Check(string libraryPath)
    {
        CudaPreflight preflight = new(CanLoad, DriverFault, OperatingSystem.IsWindows());
        if (preflight.Find(Folders(libraryPath)) is { } fault)
        {
            throw new Gemma4ModelException($"CUDA cannot be used: {fault} Use OnnxRuntimeGenAIOptions.Provider \"cpu\", or set FallBackToCpu; CheckCuda = false skips this check.");
        }
    }

    /// <summary>The first fault, or null.</summary>
    /// <param name="folders">Where the native files of the packages lie, the library's own folder first.</param>
    internal string? Find(IReadOnlyList<string> folders)
    {
        if (_driverFault() is { } driver)
        {
            return driver;
        }

        string addOn = _windows ? "onnxruntime-genai-cuda.dll" : "libonnxruntime-genai-cuda.so";
        if (!File.Exists(Path.Combine(folders[0], addOn)))
        {
            return $"'{addOn}' is not in '{folders[0]}'. Add the package Microsoft.ML.OnnxRuntimeGenAI.Cuda instead of Microsoft.ML.OnnxRuntimeGenAI.";
        }

        string provider = _windows ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
        if (folders.Select(folder => Path.Combine(folder, provider)).FirstOrDefault(File.Exists) is not { } providerPath)
        {
            return $"'{provider}' was not found in {string.Join(", ", folders.Select(folder => $"'{folder}'"))}. The package Microsoft.ML.OnnxRuntimeGenAI.Cuda brings it through Microsoft.ML.OnnxRuntime.Gpu; remove the processor package Microsoft.ML.OnnxRuntime, which would take its place.";
        }

        int? version = VersionOf(providerPath);
        if (version is null)
        {
            return null;
        }

        string[] missing = [.. Libraries(version.Value).Where(name => !_canLoad(name))];
        return missing.Length == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"'{providerPath}' was built for CUDA {version} and these libraries cannot be loaded: {string.Join(", ", missing)}. Install the CUDA {version} runtime and cuDNN 9 for it and put them on {(_windows ? "PATH" : "the loader's path (ldconfig or LD_LIBRARY_PATH)")}; see docs/engines.md.");
    }

    /// <summary>
    /// The CUDA version that a provider file was linked with: the names of the libraries it needs stand in the file as
    /// plain text on every platform. Null when it names none that is known.
    /// </summary>
    internal int? VersionOf(string providerPath)
    {
        ReadOnlySpan<string> patterns = [.. KnownVersions.Select(version => BlasName(version))];
        return LibraryNames.FirstIn(providerPath, patterns) is int index and >= 0 ? KnownVersions[index] : null;
    }

    internal IReadOnlyList<string> Libraries(int version) => _windows
        ? [$"cudart64_{(version == 11 ? 110 : version)}.dll", BlasName(version), $"cublas64_{version}.dll", $"cufft64_{(version == 11 ? 10 : version - 1)}.dll", "cudnn64_9.dll"]
        : [$"libcudart.so.{(version == 11 ? "11.0" : version.ToString(CultureInfo.InvariantCulture))}", BlasName(version), $"libcublas.so.{version}", "libcurand.so.10", $"libcufft.so.{(version == 11 ? 10 : version - 1)}", "libcudnn.so.9"];

    private string BlasName(int version) => _windows ? $"cublasLt64_{version}.dll" : $"libcublasLt.so.{version}";

    private static List<string> Folders(string libraryPath)
    {
        List<string> folders = [Path.GetDirectoryName(libraryPath) is { Length: > 0 } own ? own : AppContext.BaseDirectory, AppContext.BaseDirectory];
        folders.AddRange((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? []);
        return [.. folders.Distinct(StringComparer.Ordinal)];
    }

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            return false;
        }

        NativeLibrary.Free(library);
        return true;
    }

    private static string? DriverFault()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint driver))
        {
            return $"the driver library '{name}' is not there. Install NVIDIA's driver; in a container, start it with access to the GPU.";
        }

        // Left loaded: the provider needs it in a moment.
        if (!NativeLibrary.TryGetExport(driver, "cuInit", out nint init)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGetCount", out nint deviceCount))
        {
            return $"'{name}' is not NVIDIA's driver library.";
        }

        int code = ((delegate* unmanaged<uint, int>)init)(0);
        if (code is not 0)
        {
            return code == NoDevice
                ? "the driver sees no GPU. In a container, start it with access to the GPU; CUDA_VISIBLE_DEVICES must not hide it."
                : string.Create(CultureInfo.InvariantCulture, $"the driver does not start (error {code} of cuInit). Check that the kernel module and '{name}' are of one version.");
        }

        int count = 0;
        code = ((delegate* unmanaged<int*, int>)deviceCount)(&count);
        return code == 0 && count > 0 ? null : "the driver sees no GPU. In a container, start it with access to the GPU.";
    }
}
