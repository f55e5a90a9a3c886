namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed unsafe class OgaGeneratorHandle() : OgaHandle(OgaKind.Generator)
{
    private const string TerminateKey = "terminate_session";

    internal static OgaGeneratorHandle Create(OgaModelHandle model, OgaGeneratorParamsHandle parameters)
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.CreateGenerator(model, parameters, out OgaGeneratorHandle generator);
        generator.Own(result, "A generator could not be created");
        return generator;
    }

    /// <summary>Runs the model over the tokens; null, or what went wrong.</summary>
    internal string? Append(ReadOnlySpan<int> tokens)
    {
        fixed (int* pointer = tokens)
        {
            return OgaResult.Take(Oga.GeneratorAppendTokens(this, pointer, (nuint)tokens.Length));
        }
    }

    internal string? RewindTo(int length) => OgaResult.Take(Oga.GeneratorRewindTo(this, (nuint)length));

    /// <summary>Makes a running append return early; the one call that another thread may make meanwhile.</summary>
    internal void Terminate() => OgaResult.Take(Oga.GeneratorSetRuntimeOption(this, TerminateKey, "1"));

    /// <summary>Takes a termination back; false when the generator can no longer be used.</summary>
    internal bool Resume() => OgaResult.Take(Oga.GeneratorSetRuntimeOption(this, TerminateKey, "0")) is null;

    internal OgaTensorHandle ReadLogits()
    {
        OgaRuntime.BeginCreate();
        nint result = Oga.GeneratorGetLogits(this, out OgaTensorHandle logits);
        logits.Own(result, "The logits could not be read");
        return logits;
    }
}
