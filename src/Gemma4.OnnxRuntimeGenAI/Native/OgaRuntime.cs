using System.Reflection;
using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>
/// The library in this process: loaded once and never unloaded. Knows every native object alive. Versions of the library
/// end the process with an abort when it exits without a shutdown, or is shut down while objects live, and differ in
/// what a call after the shutdown does. So there is one shutdown, at the exit of the process, after everything that
/// still lives was destroyed, and no call after it.
/// </summary>
internal static partial class OgaRuntime
{
    private const string TelemetryVariable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lock LoadGate = new();
    private static readonly Lock LifeGate = new();
    private static readonly Dictionary<nint, OgaKind> Objects = [];
    private static readonly List<WeakReference<NativeGenerationEngine>> Engines = [];
    private static nint _library;
    private static int _creating;
    private static bool _shutDown;

    /// <summary>Full path of the loaded library, or its bare name where the system found it.</summary>
    internal static string? Path { get; private set; }

    internal static OgaCapabilities Capabilities { get; private set; } = null!;

    /// <summary>Native objects alive, those being created included.</summary>
    internal static int Alive
    {
        get
        {
            lock (LifeGate)
            {
                return Objects.Count + _creating;
            }
        }
    }

    /// <summary>Finds and loads the library, unless that was done before.</summary>
    /// <exception cref="Gemma4ModelException">It is missing, damaged, too old, or another file of it is loaded.</exception>
    internal static void Load(OnnxRuntimeGenAIOptions options)
    {
        lock (LoadGate)
        {
            if (_library == 0)
            {
                LoadFirst(options);
            }
            else if (options.LibraryPath is { Length: > 0 } asked
                && !string.Equals(LibraryLocator.FileOf(asked), Path, StringComparison.Ordinal))
            {
                throw new Gemma4ModelException(
                    $"'{asked}' was asked for, and '{Path}' is already loaded; a process holds one copy of onnxruntime-genai. Give every client the same OnnxRuntimeGenAIOptions.LibraryPath.");
            }

            if (options.Logger is { } logger && Capabilities.LogCallback)
            {
                OgaLog.SendTo(logger);
            }
        }
    }

    /// <summary>Announces a native object that is about to be created.</summary>
    internal static void BeginCreate()
    {
        lock (LifeGate)
        {
            if (_shutDown)
            {
                throw new InvalidOperationException("onnxruntime-genai was shut down because the process is ending; nothing can be run any more.");
            }

            _creating++;
        }
    }

    /// <summary>The creation failed.</summary>
    internal static void EndCreate()
    {
        lock (LifeGate)
        {
            _creating--;
        }
    }

    /// <summary>The creation gave <paramref name="value"/>.</summary>
    internal static void EndCreate(OgaKind kind, nint value)
    {
        lock (LifeGate)
        {
            _creating--;
            Objects.Add(value, kind);
        }
    }

    internal static void Destroy(nint value)
    {
        // Held over the native call: a finalizer must not destroy an object while the library is being shut down.
        lock (LifeGate)
        {
            if (Objects.Remove(value, out OgaKind kind))
            {
                Destroy(kind, value);
            }
        }
    }

    internal static void Track(NativeGenerationEngine engine)
    {
        lock (LifeGate)
        {
            Engines.RemoveAll(entry => !entry.TryGetTarget(out _));
            Engines.Add(new WeakReference<NativeGenerationEngine>(engine));
        }
    }

    internal static void Untrack(NativeGenerationEngine engine)
    {
        lock (LifeGate)
        {
            Engines.RemoveAll(entry => !entry.TryGetTarget(out NativeGenerationEngine? other) || ReferenceEquals(other, engine));
        }
    }

    private static void LoadFirst(OnnxRuntimeGenAIOptions options)
    {
        if (!options.EnableTelemetry)
        {
            // The library and ONNX Runtime read the C library's environment, of which .NET's is a copy.
            Environment.SetEnvironmentVariable(TelemetryVariable, "1");
            if (!OperatingSystem.IsWindows())
            {
                _ = SetNativeVariable(TelemetryVariable, "1", overwrite: 1);
            }
        }

        (nint library, string path) = LibraryLocator.Load(options.LibraryPath);
        string[] missing = [.. Oga.Required.Where(name => !NativeLibrary.TryGetExport(library, name, out _))];
        if (missing.Length > 0)
        {
            NativeLibrary.Free(library);
            throw new Gemma4ModelException(
                $"'{path}' lacks {missing.Length} functions that the engine needs ({string.Join(", ", missing.Take(3))}{(missing.Length > 3 ? ", ..." : "")}). It is too old or another library; Gemma 4 needs onnxruntime-genai 0.15 or newer.");
        }

        _library = library;
        Path = path;
        Capabilities = OgaCapabilities.Read(library);
        NativeLibrary.SetDllImportResolver(typeof(Oga).Assembly, Resolve);
        if (!options.EnableTelemetry && Capabilities.TelemetrySwitch)
        {
            Oga.SetTelemetryEnabled(false);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => ShutDown();
        if (options.Logger is { } logger)
        {
            OnnxRuntimeGenAILog.LibraryLoaded(logger, path);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == Oga.Library ? _library : 0;

    private static void ShutDown()
    {
        NativeGenerationEngine[] open;
        lock (LifeGate)
        {
            open = [.. Engines.Select(entry => entry.TryGetTarget(out NativeGenerationEngine? engine) ? engine : null).OfType<NativeGenerationEngine>()];
        }

        bool quiet = true;
        foreach (NativeGenerationEngine engine in open)
        {
            quiet &= engine.CloseAtExit();
        }

        OgaLog.Stop();
        lock (LifeGate)
        {
            // A call that does not end still uses its objects, and the library aborts when it is shut down over them.
            if (_shutDown || !quiet || _creating > 0)
            {
                return;
            }

            // What was dropped without disposal and still waits for the finalizer.
            foreach ((nint value, OgaKind kind) in Objects.OrderBy(entry => entry.Value))
            {
                Destroy(kind, value);
            }

            Objects.Clear();
            _shutDown = true;
            Oga.Shutdown();
        }
    }

    private static void Destroy(OgaKind kind, nint value)
    {
        switch (kind)
        {
            case OgaKind.Tensor:
                Oga.DestroyTensor(value);
                break;
            case OgaKind.Generator:
                Oga.DestroyGenerator(value);
                break;
            case OgaKind.GeneratorParams:
                Oga.DestroyGeneratorParams(value);
                break;
            case OgaKind.Adapters:
                Oga.DestroyAdapters(value);
                break;
            case OgaKind.Model:
                Oga.DestroyModel(value);
                break;
            case OgaKind.Config:
                Oga.DestroyConfig(value);
                break;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
