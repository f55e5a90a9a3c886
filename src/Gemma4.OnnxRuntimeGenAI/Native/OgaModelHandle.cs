namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed class OgaModelHandle() : OgaHandle(OgaKind.Model)
{
    internal static OgaModelHandle Load(OgaConfigHandle config, string folder)
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.CreateModelFromConfig(config, out OgaModelHandle model);
        model.Own(result, $"The model in '{folder}' could not be loaded by onnxruntime-genai");
        return model;
    }
}
