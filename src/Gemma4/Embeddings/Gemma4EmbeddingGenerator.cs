using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gemma4.Embeddings;

/// <summary>
/// Embeds texts with EmbeddingGemma or EmbeddingGemma 2 on ONNX Runtime, in this process: prompt, tokens, mean over the
/// tokens, dense layers, length 1. Safe for any number of threads. The application brings the native library (package
/// Microsoft.ML.OnnxRuntime).
/// </summary>
/// <remarks>
/// What a text is embedded for is said per request in <c>AdditionalProperties["purpose"]</c>, as in "query" or "document";
/// a document's title, or a list with one for each text, in <c>AdditionalProperties["title"]</c>.
/// </remarks>
public sealed class Gemma4EmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Gemma4EmbeddingOptions _options;
    private readonly ILogger _logger;
    private readonly EmbeddingTokenizer _tokenizer;
    private readonly EmbeddingPrompts _prompts;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private readonly SentenceGraph _graph;
    private readonly DenseLayer[] _dense = [];
    private readonly int _fullDimensions;

    // Runs hold it for reading, disposal for writing: the weights go when nobody reads them.
    private readonly ReaderWriterLockSlim _use = new();
    private bool _disposed;

    /// <summary>Loads the model; a large one takes seconds.</summary>
    /// <param name="options">The model and how to run it; must not change afterwards.</param>
    /// <param name="loggerFactory">Where to log; nowhere when null.</param>
    /// <exception cref="OptionsValidationException">An option is missing or out of its range.</exception>
    /// <exception cref="Gemma4ModelException">The folder, its graph or the native library cannot be used.</exception>
    public Gemma4EmbeddingGenerator(Gemma4EmbeddingOptions options, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult valid = new Gemma4EmbeddingOptionsValidator().Validate(null, options);
        if (valid.Failed)
        {
            throw new OptionsValidationException("", typeof(Gemma4EmbeddingOptions), valid.Failures);
        }

        _options = options;
        _logger = loggerFactory?.CreateLogger<Gemma4EmbeddingGenerator>() ?? NullLogger<Gemma4EmbeddingGenerator>.Instance;
        EmbeddingFolder folder = EmbeddingFolder.Open(options.ModelPath!, options.ModelVariant);
        if (options.MaxTokens > folder.MaxTokens)
        {
            throw new Gemma4ModelException($"Gemma4EmbeddingOptions.MaxTokens is {options.MaxTokens}, but the model in '{folder.Directory}' reads {folder.MaxTokens} tokens. Lower it, or leave it unset.");
        }

        MaxTokens = options.MaxTokens ?? folder.MaxTokens;
        _prompts = new EmbeddingPrompts(folder.Prompts, options.Prompts);
        _ = _prompts.Of(options.Purpose, null);
        _tokenizer = EmbeddingTokenizer.Load(folder);
        _graph = new SentenceGraph(folder.GraphPath, options.OnnxRuntime);
        try
        {
            // A graph that gives sentence vectors has the layers inside.
            _dense = _graph.GivesSentences ? [] : [.. folder.DenseFolders.Select(DenseLayerReader.Read)];
            // One run tells what comes out, and that the graph runs at all.
            float[] probe = _graph.Run([[_tokenizer.PaddingId]], _tokenizer.PaddingId, CancellationToken.None)[0];
            _fullDimensions = CheckLayers(folder, probe.Length);
            if (options.Dimensions > _fullDimensions)
            {
                throw new Gemma4ModelException($"Gemma4EmbeddingOptions.Dimensions is {options.Dimensions}, but the model in '{folder.Directory}' gives {_fullDimensions} values. Lower it, or leave it unset.");
            }
        }
        catch
        {
            _graph.Dispose();
            throw;
        }

        _metadata = new EmbeddingGeneratorMetadata("gemma4", null, options.ModelId ?? new DirectoryInfo(folder.Directory).Name, options.Dimensions ?? _fullDimensions);
        EmbeddingLog.Loaded(_logger, folder.Directory, _fullDimensions, MaxTokens);
    }

    /// <summary>Most tokens of a text with its prompt and the tokens around it.</summary>
    public int MaxTokens { get; }

    /// <summary>Counts the tokens of a text without prompt and without the tokens around it, for example to cut documents.</summary>
    /// <param name="text">Any text.</param>
    public int CountTokens(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _tokenizer.Count(text);
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">A text is null, or has too many tokens and <see cref="EmbeddingOverflow.Refuse"/> holds.</exception>
    /// <exception cref="NotSupportedException">An option asks for what the model does not do.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ObjectDisposedException.ThrowIf(_disposed, this);
        string[] texts = [.. values];
        EmbeddingRequest request = EmbeddingRequest.From(options, _options, _prompts, _metadata, _fullDimensions, texts.Length);
        return Task.Run(() => Generate(texts, request, cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Waits for runs under way and frees the weights; requests that are not done fail.</summary>
    public void Dispose()
    {
        _use.EnterWriteLock();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                _graph.Dispose();
            }
        }
        finally
        {
            _use.ExitWriteLock();
        }
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(string[] texts, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        long[][] ids = Encode(texts, request, cancellationToken);
        Embedding<float>[] embeddings = new Embedding<float>[texts.Length];
        foreach (int[] batch in Batches(ids))
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[][] vectors = Run([.. batch.Select(index => ids[index])], cancellationToken);
            for (int i = 0; i < batch.Length; i++)
            {
                embeddings[batch[i]] = new Embedding<float>(Finish(vectors[i], request.Dimensions)) { ModelId = _metadata.DefaultModelId };
            }
        }

        long tokens = ids.Sum(text => (long)text.Length);
        return new GeneratedEmbeddings<Embedding<float>>(embeddings) { Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens } };
    }

    private long[][] Encode(string[] texts, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        long[][] ids = new long[texts.Length][];
        int cut = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string text = texts[i] ?? throw new ArgumentException($"The text with index {i} is null.", nameof(texts));
            ids[i] = _tokenizer.Encode(request.PromptOf(i) + text, MaxTokens, out int total);
            if (total > MaxTokens && _options.Overflow == EmbeddingOverflow.Refuse)
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The text with index {i} has {total} tokens with its prompt, {total - MaxTokens} more than the {MaxTokens} that are read. Cut it into smaller pieces, or set Overflow to Truncate."), nameof(texts));
            }

            if (total == 0)
            {
                throw new ArgumentException($"The text with index {i} is empty, and the model's tokenizer puts nothing around it. Leave it out.", nameof(texts));
            }

            cut += total > MaxTokens ? 1 : 0;
        }

        if (cut > 0)
        {
            EmbeddingLog.Truncated(_logger, cut, MaxTokens);
        }

        return ids;
    }

    /// <summary>Indices of texts that run together: by length, so that little is padding.</summary>
    private IEnumerable<int[]> Batches(long[][] ids)
    {
        List<int> batch = [];
        foreach (int index in Enumerable.Range(0, ids.Length).OrderBy(index => ids[index].Length))
        {
            // The text at hand is the longest so far: all others are padded to it.
            if (batch.Count > 0 && (batch.Count + 1L) * ids[index].Length > _options.MaxBatchTokens)
            {
                yield return [.. batch];
                batch.Clear();
            }

            batch.Add(index);
        }

        if (batch.Count > 0)
        {
            yield return [.. batch];
        }
    }

    private float[][] Run(long[][] batch, CancellationToken cancellationToken)
    {
        _use.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _graph.Run(batch, _tokenizer.PaddingId, cancellationToken);
        }
        finally
        {
            _use.ExitReadLock();
        }
    }

    private float[] Finish(float[] vector, int dimensions)
    {
        foreach (DenseLayer layer in _dense)
        {
            vector = layer.Apply(vector);
        }

        // The first values of a vector are a vector of their own, but not of length 1.
        ReadOnlySpan<float> kept = vector.AsSpan(0, dimensions);
        double squares = 0;
        foreach (float value in kept)
        {
            squares += (double)value * value;
        }

        if (!double.IsFinite(squares))
        {
            throw new Gemma4ModelException($"The model '{_metadata.DefaultModelId}' gave values that are not numbers, as it does when half precision overflows. Run the fp32 or an int8 variant.");
        }

        float scale = squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0;
        float[] unit = new float[dimensions];
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = kept[i] * scale;
        }

        return unit;
    }

    private int CheckLayers(EmbeddingFolder folder, int values)
    {
        foreach ((int index, DenseLayer layer) in _dense.Index())
        {
            values = layer.Inputs == values ? layer.Outputs
                : throw new Gemma4ModelException($"The layer '{folder.DenseFolders[index]}' takes {layer.Inputs} values, but {values} come to it. Copy graph and layers from one model.");
        }

        return values;
    }
}
