using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>Runs a graph so that a cancelled token ends it between two nodes.</summary>
internal static class NativeRun
{
    internal static void Run(
        InferenceSession native, RunOptions options, OrtIoBinding binding, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            native.RunWithBinding(options, binding);
            return;
        }

        try
        {
            // Disposing the registration waits for a callback under way, so the flag is not set again after the reset.
            using (cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options))
            {
                native.RunWithBinding(options, binding);
            }
        }
        finally
        {
            if (cancellationToken.IsCancellationRequested)
            {
                options.Terminate = false;
            }
        }
    }
}
