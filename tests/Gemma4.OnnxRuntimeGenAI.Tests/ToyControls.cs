using System.Runtime.InteropServices;
using System.Text;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The switches and counters of the library in native/toy.c, which must be loaded already.</summary>
internal sealed unsafe class ToyControls
{
    private readonly nint _library;

    public ToyControls(string path) => _library = NativeLibrary.Load(path);

    public int Violations => Counter("ToyViolations");

    public string FirstViolation => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("ToyFirstViolation"))())!;

    public int SlowSteps => Counter("ToySlowSteps");

    public int GeneratorsMade => Counter("ToyGeneratorsMade");

    public bool Telemetry => Counter("ToyTelemetry") != 0;

    /// <summary>Native objects of one kind that live.</summary>
    public int Alive(string kind)
    {
        fixed (byte* name = Text(kind))
        {
            return ((delegate* unmanaged<byte*, int>)Export("ToyAlive"))(name);
        }
    }

    public void Set(string name, int value)
    {
        fixed (byte* text = Text(name))
        {
            ((delegate* unmanaged<byte*, int, void>)Export("ToySet"))(text, value);
        }
    }

    /// <summary>Makes one call of a function fail, after a number of calls that do not.</summary>
    public void Fail(string function, int after, string message)
    {
        fixed (byte* name = Text(function))
        fixed (byte* text = Text(message))
        {
            ((delegate* unmanaged<byte*, int, byte*, void>)Export("ToyFail"))(name, after, text);
        }
    }

    private static byte[] Text(string value) => Encoding.UTF8.GetBytes(value + "\0");

    private int Counter(string name) => ((delegate* unmanaged<int>)Export(name))();

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);
}
