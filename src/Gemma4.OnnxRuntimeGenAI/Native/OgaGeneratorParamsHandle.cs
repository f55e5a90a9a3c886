namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed class OgaGeneratorParamsHandle() : OgaHandle(OgaKind.GeneratorParams)
{
    internal static OgaGeneratorParamsHandle Create(OgaModelHandle model)
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.CreateGeneratorParams(model, out OgaGeneratorParamsHandle parameters);
        parameters.Own(result, "Generator parameters could not be created");
        return parameters;
    }

    internal void Set(string name, double value) =>
        OgaResult.Check(Oga.GeneratorParamsSetSearchNumber(this, name, value), $"The search option '{name}' was refused");

    internal void Set(string name, bool value) =>
        OgaResult.Check(Oga.GeneratorParamsSetSearchBool(this, name, value), $"The search option '{name}' was refused");

    internal bool Get(string name)
    {
        OgaResult.Check(Oga.GeneratorParamsGetSearchBool(this, name, out bool value), $"The search option '{name}' could not be read");
        return value;
    }
}
