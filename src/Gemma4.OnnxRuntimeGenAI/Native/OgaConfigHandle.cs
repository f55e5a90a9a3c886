namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed class OgaConfigHandle() : OgaHandle(OgaKind.Config)
{
    internal static OgaConfigHandle Read(string folder)
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.CreateConfig(folder, out OgaConfigHandle config);
        config.Own(result, $"genai_config.json in '{folder}' could not be read by onnxruntime-genai");
        return config;
    }
}
