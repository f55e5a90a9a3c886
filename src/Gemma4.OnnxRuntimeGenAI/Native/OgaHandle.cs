using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>Owns one native object. <see cref="OgaRuntime"/> keeps count of the owned ones.</summary>
internal abstract class OgaHandle : SafeHandle
{
    private readonly OgaKind _kind;

    protected OgaHandle(OgaKind kind)
        : base(0, ownsHandle: true) => _kind = kind;

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Takes over what a create call gave, which <see cref="OgaRuntime.BeginCreate"/> announced.</summary>
    internal void Own(nint result, string failure)
    {
        string? message = OgaResult.Take(result);
        if (message is null && !IsInvalid)
        {
            OgaRuntime.EndCreate(_kind, handle);
            return;
        }

        // What a failed call wrote into its out parameter is nobody's object.
        SetHandleAsInvalid();
        OgaRuntime.EndCreate();
        throw OgaResult.Failure(failure, message ?? "the library returned nothing");
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        OgaRuntime.Destroy(handle);
        return true;
    }
}
