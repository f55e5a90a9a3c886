namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed class OgaAdaptersHandle() : OgaHandle(OgaKind.Adapters)
{
    internal static OgaAdaptersHandle Create(OgaModelHandle model)
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.CreateAdapters(model, out OgaAdaptersHandle adapters);
        adapters.Own(result, "The list of adapters could not be created");
        return adapters;
    }
}
