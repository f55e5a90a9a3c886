using System.Globalization;
using Gemma4.Generation;
using Gemma4.OnnxRuntime;
using Gemma4.Tokenization;
using Microsoft.Extensions.Logging;

namespace Gemma4.Models;

/// <summary>Folder, tokenizer, engine and scheduler of one model in memory.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(Gemma4ModelFolder folder, Gemma4Tokenizer tokenizer, IGenerationEngine engine, GenerationScheduler scheduler)
    {
        Scheduler = scheduler;
        Folder = folder;
        Tokenizer = tokenizer;
        Engine = engine;
    }

    public Gemma4ModelFolder Folder { get; }

    public Gemma4Tokenizer Tokenizer { get; }

    public IGenerationEngine Engine { get; }

    public GenerationScheduler Scheduler { get; }

    public static LoadedModel Load(Gemma4Options options, string directory, string modelId, TimeProvider timeProvider, ILogger logger)
    {
        Gemma4ModelFolder folder = Gemma4ModelFolder.Open(directory, options.ModelVariant);
        Gemma4Tokenizer tokenizer = LoadTokenizer(folder);
        // Checked before the weights are read: a mismatch must not leave gigabytes behind.
        if (tokenizer.VocabularySize > folder.VocabularySize)
        {
            throw new Gemma4ModelException($"tokenizer.json in '{folder.Directory}' has {tokenizer.VocabularySize} tokens and the model {folder.VocabularySize}. They come from different models; copy the tokenizer.json that belongs to the checkpoint.");
        }

        if (options is { CheckMemory: true, EngineFactory: null, OnnxRuntime.ExecutionProvider: null })
        {
            CheckMemory(folder, options.PrefillChunkSize, FreeMemory.Read());
        }

        IGenerationEngine engine = options.EngineFactory?.Invoke(folder) ?? OnnxGenerationEngine.Load(folder, options.OnnxRuntime);
        if (engine.VocabularySize < tokenizer.VocabularySize)
        {
            int size = engine.VocabularySize;
            engine.Dispose();
            throw new Gemma4ModelException($"The engine for '{folder.Directory}' has {size} logits and tokenizer.json {tokenizer.VocabularySize} tokens. They come from different models; copy the tokenizer.json that belongs to the checkpoint.");
        }

        return new LoadedModel(folder, tokenizer, engine, new GenerationScheduler(engine, options, modelId, timeProvider, logger));
    }

    public void Dispose()
    {
        try
        {
            Scheduler.Dispose();
        }
        finally
        {
            Engine.Dispose();
        }
    }

    internal static void CheckMemory(Gemma4ModelFolder folder, int prefillChunkSize, long free)
    {
        ModelMemoryPlan plan = ModelMemoryPlan.Read(folder, prefillChunkSize);
        long needed = plan.BytesFor(prefillChunkSize);
        if (needed > free)
        {
            throw new Gemma4ModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model in '{folder.Directory}' needs {needed / 1e9:F2} GB of memory ({plan.ResidentWeightBytes / 1e9:F2} GB of it weights) before the first answer, and {free / 1e9:F2} GB are free. Free memory, take a smaller model or precision, or set Gemma4Options.CheckMemory to false to try."));
        }
    }

    // A tokenizer file alone is the caller's; here it is a part of the model and fails as one.
    private static Gemma4Tokenizer LoadTokenizer(Gemma4ModelFolder folder)
    {
        try
        {
            return Gemma4Tokenizer.Load(folder.TokenizerPath);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException($"The tokenizer of '{folder.Directory}' cannot be used: {exception.Message}", exception);
        }
    }
}
