using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>Sends the library's messages to a logger. The library has one callback per process, so the last logger wins.</summary>
internal static unsafe class OgaLog
{
    private static volatile ILogger? _logger;

    internal static void SendTo(ILogger logger)
    {
        bool first = _logger is null;
        _logger = logger;
        if (!first)
        {
            return;
        }

        OgaResult.Check(Oga.SetLogCallback(&Receive), "The log callback was refused");
        OgaResult.Check(Oga.SetLogBool("enabled", true), "Logging could not be switched on");
        OgaResult.Check(Oga.SetLogBool("warning", true), "Logging of warnings could not be switched on");
    }

    /// <summary>Nothing may reach managed code once the process tears itself down.</summary>
    internal static void Stop()
    {
        if (_logger is not null)
        {
            _logger = null;
            OgaResult.Take(Oga.SetLogCallback(null));
        }
    }

    [UnmanagedCallersOnly]
    private static void Receive(byte* text, nuint length)
    {
        // An exception that crossed into native code would end the process.
        try
        {
            if (_logger is { } logger && text != null)
            {
                string message = Encoding.UTF8.GetString(text, checked((int)length)).Trim();
                OnnxRuntimeGenAILog.NativeMessage(logger, message);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _logger = null;
        }
    }
}
