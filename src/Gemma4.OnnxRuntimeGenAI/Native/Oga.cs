using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>
/// The exports of onnxruntime-genai that the engine uses, named as in C without the prefix. A call that returns
/// <see cref="nint"/> gives null or an error object for <see cref="OgaResult"/>. The tokenizer, templates, guidance and
/// the generation loop of the library are left alone: this package's own are exact.
/// </summary>
internal static unsafe partial class Oga
{
    internal const string Library = "onnxruntime-genai";

    /// <summary>Exports of every version that knows Gemma 4; the engine does not start without them.</summary>
    internal static readonly string[] Required =
    [
        "OgaShutdown", "OgaResultGetError", "OgaDestroyResult", "OgaDestroyString",
        "OgaCreateConfig", "OgaConfigClearProviders", "OgaConfigAppendProvider", "OgaConfigSetProviderOption",
        "OgaConfigOverlay", "OgaDestroyConfig", "OgaCreateModelFromConfig", "OgaModelGetType", "OgaDestroyModel",
        "OgaCreateGeneratorParams", "OgaGeneratorParamsSetSearchNumber", "OgaGeneratorParamsSetSearchBool",
        "OgaDestroyGeneratorParams", "OgaCreateGenerator", "OgaGenerator_AppendTokens", "OgaGenerator_RewindTo",
        "OgaGenerator_GetLogits", "OgaGenerator_SetRuntimeOption", "OgaDestroyGenerator",
        "OgaTensorGetType", "OgaTensorGetShapeRank", "OgaTensorGetShape", "OgaTensorGetData", "OgaDestroyTensor",
        "OgaCreateAdapters", "OgaLoadAdapter", "OgaSetActiveAdapter", "OgaDestroyAdapters",
    ];

    /// <summary>Newer exports, each with a way round in <see cref="OgaCapabilities"/>.</summary>
    internal static readonly string[] Optional =
    [
        "OgaSetLogBool", "OgaSetLogCallback", "OgaGenerator_TokenCount", "OgaGeneratorParamsGetSearchBool",
        "OgaSetTelemetryEnabled",
    ];

    [LibraryImport(Library, EntryPoint = "OgaShutdown")]
    internal static partial void Shutdown();

    [LibraryImport(Library, EntryPoint = "OgaSetTelemetryEnabled")]
    internal static partial void SetTelemetryEnabled([MarshalAs(UnmanagedType.I1)] bool enabled);

    [LibraryImport(Library, EntryPoint = "OgaResultGetError")]
    internal static partial byte* ResultGetError(nint result);

    [LibraryImport(Library, EntryPoint = "OgaDestroyResult")]
    internal static partial void DestroyResult(nint result);

    [LibraryImport(Library, EntryPoint = "OgaDestroyString")]
    internal static partial void DestroyString(byte* text);

    [LibraryImport(Library, EntryPoint = "OgaSetLogBool", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint SetLogBool(string name, [MarshalAs(UnmanagedType.I1)] bool value);

    [LibraryImport(Library, EntryPoint = "OgaSetLogCallback")]
    internal static partial nint SetLogCallback(delegate* unmanaged<byte*, nuint, void> callback);

    [LibraryImport(Library, EntryPoint = "OgaCreateConfig", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint CreateConfig(string folder, out OgaConfigHandle config);

    [LibraryImport(Library, EntryPoint = "OgaConfigClearProviders")]
    internal static partial nint ConfigClearProviders(OgaConfigHandle config);

    [LibraryImport(Library, EntryPoint = "OgaConfigAppendProvider", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ConfigAppendProvider(OgaConfigHandle config, string provider);

    [LibraryImport(Library, EntryPoint = "OgaConfigSetProviderOption", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ConfigSetProviderOption(OgaConfigHandle config, string provider, string key, string value);

    [LibraryImport(Library, EntryPoint = "OgaConfigOverlay", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ConfigOverlay(OgaConfigHandle config, string json);

    [LibraryImport(Library, EntryPoint = "OgaDestroyConfig")]
    internal static partial void DestroyConfig(nint config);

    [LibraryImport(Library, EntryPoint = "OgaCreateModelFromConfig")]
    internal static partial nint CreateModelFromConfig(OgaConfigHandle config, out OgaModelHandle model);

    [LibraryImport(Library, EntryPoint = "OgaModelGetType")]
    internal static partial nint ModelGetType(OgaModelHandle model, out byte* type);

    [LibraryImport(Library, EntryPoint = "OgaDestroyModel")]
    internal static partial void DestroyModel(nint model);

    [LibraryImport(Library, EntryPoint = "OgaCreateGeneratorParams")]
    internal static partial nint CreateGeneratorParams(OgaModelHandle model, out OgaGeneratorParamsHandle parameters);

    [LibraryImport(Library, EntryPoint = "OgaGeneratorParamsSetSearchNumber", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint GeneratorParamsSetSearchNumber(OgaGeneratorParamsHandle parameters, string name, double value);

    [LibraryImport(Library, EntryPoint = "OgaGeneratorParamsSetSearchBool", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint GeneratorParamsSetSearchBool(
        OgaGeneratorParamsHandle parameters, string name, [MarshalAs(UnmanagedType.I1)] bool value);

    [LibraryImport(Library, EntryPoint = "OgaGeneratorParamsGetSearchBool", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint GeneratorParamsGetSearchBool(
        OgaGeneratorParamsHandle parameters, string name, [MarshalAs(UnmanagedType.I1)] out bool value);

    [LibraryImport(Library, EntryPoint = "OgaDestroyGeneratorParams")]
    internal static partial void DestroyGeneratorParams(nint parameters);

    [LibraryImport(Library, EntryPoint = "OgaCreateGenerator")]
    internal static partial nint CreateGenerator(
        OgaModelHandle model, OgaGeneratorParamsHandle parameters, out OgaGeneratorHandle generator);

    [LibraryImport(Library, EntryPoint = "OgaGenerator_AppendTokens")]
    internal static partial nint GeneratorAppendTokens(OgaGeneratorHandle generator, int* tokens, nuint count);

    [LibraryImport(Library, EntryPoint = "OgaGenerator_TokenCount")]
    internal static partial nuint GeneratorTokenCount(OgaGeneratorHandle generator);

    [LibraryImport(Library, EntryPoint = "OgaGenerator_RewindTo")]
    internal static partial nint GeneratorRewindTo(OgaGeneratorHandle generator, nuint length);

    [LibraryImport(Library, EntryPoint = "OgaGenerator_GetLogits")]
    internal static partial nint GeneratorGetLogits(OgaGeneratorHandle generator, out OgaTensorHandle logits);

    [LibraryImport(Library, EntryPoint = "OgaGenerator_SetRuntimeOption", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint GeneratorSetRuntimeOption(OgaGeneratorHandle generator, string key, string value);

    [LibraryImport(Library, EntryPoint = "OgaDestroyGenerator")]
    internal static partial void DestroyGenerator(nint generator);

    [LibraryImport(Library, EntryPoint = "OgaTensorGetType")]
    internal static partial nint TensorGetType(OgaTensorHandle tensor, out int type);

    [LibraryImport(Library, EntryPoint = "OgaTensorGetShapeRank")]
    internal static partial nint TensorGetShapeRank(OgaTensorHandle tensor, out nuint rank);

    [LibraryImport(Library, EntryPoint = "OgaTensorGetShape")]
    internal static partial nint TensorGetShape(OgaTensorHandle tensor, long* shape, nuint rank);

    [LibraryImport(Library, EntryPoint = "OgaTensorGetData")]
    internal static partial nint TensorGetData(OgaTensorHandle tensor, out void* data);

    [LibraryImport(Library, EntryPoint = "OgaDestroyTensor")]
    internal static partial void DestroyTensor(nint tensor);

    [LibraryImport(Library, EntryPoint = "OgaCreateAdapters")]
    internal static partial nint CreateAdapters(OgaModelHandle model, out OgaAdaptersHandle adapters);

    [LibraryImport(Library, EntryPoint = "OgaLoadAdapter", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint LoadAdapter(OgaAdaptersHandle adapters, string file, string name);

    [LibraryImport(Library, EntryPoint = "OgaSetActiveAdapter", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint SetActiveAdapter(OgaGeneratorHandle generator, OgaAdaptersHandle adapters, string name);

    [LibraryImport(Library, EntryPoint = "OgaDestroyAdapters")]
    internal static partial void DestroyAdapters(nint adapters);
}
