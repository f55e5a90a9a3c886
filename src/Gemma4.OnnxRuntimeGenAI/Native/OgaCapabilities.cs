using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>What the loaded version of the library has beyond <see cref="Oga.Required"/>.</summary>
internal sealed record OgaCapabilities
{
    /// <summary>Messages can be sent to a logger (0.9); without it they go to standard error.</summary>
    public required bool LogCallback { get; init; }

    /// <summary>The library can be asked how many tokens it holds (0.12); without it the count is not cross-checked.</summary>
    public required bool TokenCount { get; init; }

    /// <summary>Search options can be read back (0.12); without it genai_config.json alone tells whether buffers are shared.</summary>
    public required bool SearchReadback { get; init; }

    /// <summary>Usage reports have a switch (0.15); before that only the environment variable.</summary>
    public required bool TelemetrySwitch { get; init; }

    internal static OgaCapabilities Read(nint library)
    {
        bool Has(string name) => NativeLibrary.TryGetExport(library, name, out _);

        return new OgaCapabilities
        {
            LogCallback = Has("OgaSetLogCallback") && Has("OgaSetLogBool"),
            TokenCount = Has("OgaGenerator_TokenCount"),
            SearchReadback = Has("OgaGeneratorParamsGetSearchBool"),
            TelemetrySwitch = Has("OgaSetTelemetryEnabled"),
        };
    }
}
