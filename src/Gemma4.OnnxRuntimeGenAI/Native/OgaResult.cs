using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntimeGenAI.Native;

/// <summary>The one place where native error objects become text and exceptions.</summary>
internal static unsafe class OgaResult
{
    /// <summary>Does nothing for null; otherwise frees the error object and throws.</summary>
    /// <param name="result">What the native call returned.</param>
    /// <param name="failure">A sentence without its full stop that says what could not be done.</param>
    internal static void Check(nint result, string failure)
    {
        if (Take(result) is { } message)
        {
            throw Failure(failure, message);
        }
    }

    /// <summary>The message of an error object, which is freed; null when the call succeeded.</summary>
    internal static string? Take(nint result)
    {
        if (result == 0)
        {
            return null;
        }

        string? message = Marshal.PtrToStringUTF8((nint)Oga.ResultGetError(result));
        Oga.DestroyResult(result);
        return string.IsNullOrWhiteSpace(message) ? "the library gave no reason" : message.Trim();
    }

    internal static Gemma4ModelException Failure(string failure, string message) =>
        new($"{failure}: {(message.EndsWith('.') ? message : message + ".")} {WayOut(message)}");

    private static string WayOut(string message)
    {
        bool Has(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);

        return true switch
        {
            _ when Has("cublas") || Has("cudart") || Has("cudnn") || Has("CUDA") =>
                "Check the driver and the CUDA libraries (docs/engines.md), or set OnnxRuntimeGenAIOptions.FallBackToCpu.",
            _ when Has("Unsupported model_type") || Has("Unsupported model type") =>
                "The library is too old for Gemma 4: take version 0.15 or newer.",
            _ when Has("Failed to allocate memory") || Has("bad_alloc") || Has("bad allocation") || Has("out of memory") =>
                "Lower OnnxRuntimeGenAIOptions.MaxContextTokens or InitialContextTokens, or take a smaller model.",
            _ when Has("unknown") && Has("key") || Has("Unknown value") =>
                "genai_config.json or OnnxRuntimeGenAIOptions.ConfigOverlay holds a name that this version of the library does not know.",
            _ => "Check that the model folder is complete and fits the installed version of onnxruntime-genai.",
        };
    }
}
