using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>Checks the options and opens the native session with them.</summary>
internal static class OnnxSession
{
    private const string SavePrepacked = "session.save_external_prepacked_constant_initializers";

    internal static void Check(OnnxRuntimeOptions options)
    {
        RequirePositive(options.IntraOpThreads, nameof(options.IntraOpThreads));
        RequirePositive(options.InterOpThreads, nameof(options.InterOpThreads));
        RequirePositive(options.MaxContextTokens, nameof(options.MaxContextTokens));
        RequirePositive(options.KvCacheMemoryBudget, nameof(options.KvCacheMemoryBudget));
        if (options.ProviderOptions.Count > 0 && string.IsNullOrWhiteSpace(options.ExecutionProvider))
        {
            throw new ArgumentException("ProviderOptions are set but ExecutionProvider is not. Name the provider they belong to.", nameof(options));
        }

        if (options.SessionConfigEntries.ContainsKey(SavePrepacked))
        {
            throw new ArgumentException(
                $"The session config entry '{SavePrepacked}' is refused: quantized models saved so return NaN. Remove the entry.",
                nameof(options));
        }
    }

    internal static InferenceSession Open(string modelPath, OnnxRuntimeOptions options)
    {
        try
        {
            // Before any other call into the runtime: its reports start with the first one.
            OnnxTelemetry.Apply(options.EnableTelemetry);
            using SessionOptions native = Create(options);
            return new InferenceSession(modelPath, native);
        }
        catch (Exception exception) when (OnnxFailure.IsMissingLibrary(exception))
        {
            throw OnnxFailure.MissingLibrary(exception);
        }
        catch (OnnxRuntimeException exception)
        {
            throw OnnxFailure.Load(modelPath, exception);
        }
    }

    private static SessionOptions Create(OnnxRuntimeOptions options)
    {
        var native = new SessionOptions();
        try
        {
            // The runtime writes warnings straight to the error stream, which belongs to the application.
            native.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            native.GraphOptimizationLevel = options.GraphOptimizationLevel;
            native.EnableCpuMemArena = options.MemoryArena;
            if (options.IntraOpThreads is { } intra)
            {
                native.IntraOpNumThreads = intra;
            }

            if (options.InterOpThreads is { } inter)
            {
                native.InterOpNumThreads = inter;
                native.ExecutionMode = inter > 1 ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL;
            }

            string spinning = options.AllowSpinning ? "1" : "0";
            native.AddSessionConfigEntry("session.intra_op.allow_spinning", spinning);
            native.AddSessionConfigEntry("session.inter_op.allow_spinning", spinning);
            foreach ((string key, string value) in options.SessionConfigEntries)
            {
                native.AddSessionConfigEntry(key, value);
            }

            AppendProvider(native, options);
            options.ConfigureSession?.Invoke(native);
            return native;
        }
        catch
        {
            native.Dispose();
            throw;
        }
    }

    private static void AppendProvider(SessionOptions native, OnnxRuntimeOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ExecutionProvider)
            || options.ExecutionProvider.Equals("CPU", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var settings = new Dictionary<string, string>(options.ProviderOptions, StringComparer.Ordinal);
        try
        {
            if (options.ExecutionProvider.Equals("CUDA", StringComparison.OrdinalIgnoreCase))
            {
                using var cuda = new OrtCUDAProviderOptions();
                cuda.UpdateOptions(settings);
                native.AppendExecutionProvider_CUDA(cuda);
            }
            else
            {
                native.AppendExecutionProvider(options.ExecutionProvider, settings);
            }
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException)
        {
            throw new Gemma4ModelException(
                $"The execution provider '{options.ExecutionProvider}' cannot be used: {exception.Message} Reference the "
                + "native package that contains it, or leave ExecutionProvider unset to run on the processor.",
                exception);
        }
    }

    private static void RequirePositive(long? value, string name)
    {
        if (value < 1)
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; give 1 or more, or leave it unset."));
        }
    }
}
