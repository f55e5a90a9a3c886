using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Switches ONNX Runtime's usage reports off. The Linux library reads ORT_DISABLE_TELEMETRY when it is loaded, and
/// Environment.SetEnvironmentVariable changes only .NET's copy of the environment, so the C library's own is written.
/// </summary>
internal static partial class OnnxTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";
    private static readonly Lock Gate = new();
    private static bool _disabled;

    internal static void Apply(bool enabled)
    {
        lock (Gate)
        {
            if (enabled || _disabled)
            {
                return;
            }

            Environment.SetEnvironmentVariable(Variable, "1");
            if (!OperatingSystem.IsWindows())
            {
                _ = SetNativeVariable(Variable, "1", overwrite: 1);
            }

            OrtEnv.Instance().DisableTelemetryEvents();
            _disabled = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
