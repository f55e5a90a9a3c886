using System.Globalization;
using System.Text;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntimeGenAI.Cuda;
using Gemma4.OnnxRuntimeGenAI.Native;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>
/// Runs a model folder on the native library. Only the parts of it that are exact are used: tokens in, logits out.
/// Steps of all sessions take turns, because the library is not thread-safe.
/// </summary>
internal sealed class NativeGenerationEngine : IAdapterEngine
{
    internal const string Processor = "cpu";
    private const string Cuda = "cuda";
    private const string DirectMLFact = "on DirectML the library cannot append tokens to a running generator.";
    private const string MultimodalType = "gemma4";
    private static readonly Lock LoadGate = new();

    private readonly Lock _gate = new();
    private readonly HashSet<NativeGenerationSession> _sessions = [];
    private readonly Gemma4ModelFolder _folder;
    private readonly OgaModelHandle _model;
    private readonly HashSet<string> _adapterFiles = new(StringComparer.Ordinal);
    private readonly int _initialTokens;
    private OgaAdaptersHandle? _adapters;
    private bool _disposed;

    private NativeGenerationEngine(Gemma4ModelFolder folder, OgaModelHandle model, string provider, OnnxRuntimeGenAIOptions options, ConfigFacts facts)
    {
        _folder = folder;
        _model = model;
        Provider = provider;
        VocabularySize = folder.VocabularySize;
        MaxContextTokens = Math.Min(folder.ContextLength, options.MaxContextTokens ?? int.MaxValue);
        bool sharesBuffer = facts.SharesBuffer;
        if (OgaRuntime.Capabilities.SearchReadback)
        {
            using OgaGeneratorParamsHandle parameters = OgaGeneratorParamsHandle.Create(model);
            sharesBuffer = parameters.Get("past_present_share_buffer");
        }

        // Without a shared buffer the library's rewind fails on layers of different shape, and for the multimodal type it
        // leaves the attention cache alone without a word: both are rewound by running the tokens again.
        CanRewind = sharesBuffer && TypeOf(model) != MultimodalType;

        // A cache that grows by itself reserves nothing.
        _initialTokens = sharesBuffer ? Math.Min(options.InitialContextTokens, MaxContextTokens) : MaxContextTokens;
    }

    /// <summary>How long the end of the process waits for a step that was told to end.</summary>
    internal static TimeSpan ExitPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int MaxContextTokens { get; }

    /// <summary>The execution provider that is really used.</summary>
    internal string Provider { get; }

    /// <summary>Whether the library's own rewind can be trusted with this model.</summary>
    internal bool CanRewind { get; }

    internal StepQueue Queue { get; } = new();

    internal string ModelPath => _folder.ModelPath;

    /// <summary>Finds the library and loads the model of <paramref name="folder"/> with it.</summary>
    /// <exception cref="Gemma4ModelException">The library, the provider or the model cannot be used.</exception>
    internal static NativeGenerationEngine Load(Gemma4ModelFolder folder, OnnxRuntimeGenAIOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Check(options);
        lock (LoadGate)
        {
            OgaRuntime.Load(options);
            ConfigFacts facts = ConfigFacts.Read(folder);
            RefuseWindows(folder);
            string provider = options.Provider is { } asked ? ConfigFacts.ShortName(asked) : facts.Provider;
            NativeGenerationEngine engine;
            try
            {
                if (IsDirectML(provider))
                {
                    throw new Gemma4ModelException($"genai_config.json in '{folder.Directory}' names the provider dml, which is not supported: {DirectMLFact} Set OnnxRuntimeGenAIOptions.Provider to \"cpu\" or \"cuda\".");
                }

                engine = Open(folder, options, facts, provider);
            }
            catch (Gemma4ModelException exception) when (options.FallBackToCpu && provider != Processor)
            {
                if (options.Logger is { } logger)
                {
                    OnnxRuntimeGenAILog.FellBackToCpu(logger, provider, exception.Message);
                }

                engine = Open(folder, options, facts, Processor);
            }

            OgaRuntime.Track(engine);
            return engine;
        }
    }

    // The library does not feed the mask of the sliding layers, and would say so at the first step only.
    private static void RefuseWindows(Gemma4ModelFolder folder)
    {
        bool isWindowed;
        try
        {
            isWindowed = ModelMemoryPlan.Read(folder).WindowCacheBytes > 0;
        }
        catch (Gemma4ModelException)
        {
            // What the graph is wrong with the library tells.
            return;
        }

        if (isWindowed)
        {
            throw new Gemma4ModelException($"The graph '{folder.ModelPath}' keeps only the window of its sliding layers, which the native library cannot run. Build the folder with 'gemma4 build --kv full', or use the managed engine.");
        }
    }

    internal static void Check(OnnxRuntimeGenAIOptions options)
    {
        if (options.MaxContextTokens < 1)
        {
            throw new ArgumentException($"OnnxRuntimeGenAIOptions.MaxContextTokens is {options.MaxContextTokens}; it must be 1 or more, or null for what the model was made for.");
        }

        if (options.InitialContextTokens < 1)
        {
            throw new ArgumentException($"OnnxRuntimeGenAIOptions.InitialContextTokens is {options.InitialContextTokens}; it must be 1 or more.");
        }

        if (options.Provider is { } provider && string.IsNullOrWhiteSpace(provider))
        {
            throw new ArgumentException("OnnxRuntimeGenAIOptions.Provider is empty. Name one, such as \"cpu\" or \"cuda\", or leave it null.");
        }

        if (options.Provider is { } named && IsDirectML(ConfigFacts.ShortName(named)))
        {
            throw new NotSupportedException($"OnnxRuntimeGenAIOptions.Provider \"dml\" is not supported: {DirectMLFact} Use \"cpu\" or \"cuda\".");
        }

        if (options.Provider is null && options.ProviderOptions.Count > 0)
        {
            throw new ArgumentException("OnnxRuntimeGenAIOptions.ProviderOptions is set and Provider is not, so the settings belong to nothing. Name the provider.");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public IGenerationSession CreateSession() => Open(adapter: null);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public IGenerationSession CreateSession(string adapterFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(adapterFile);
        string path = Path.GetFullPath(adapterFile);
        Queue.Enter();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            LoadAdapter(path);
        }
        finally
        {
            Queue.Leave();
        }

        return Open(path);
    }

    /// <summary>Waits for the step under way, disposes the sessions that are still open and frees the model.</summary>
    public void Dispose()
    {
        if (BeginClose() is not { } open)
        {
            return;
        }

        foreach (NativeGenerationSession session in open)
        {
            session.Dispose();
        }

        // An adapter may be loading at this moment; it holds the turn.
        Queue.Enter();
        try
        {
            _adapters?.Dispose();
            _model.Dispose();
        }
        finally
        {
            Queue.Leave();
        }

        OgaRuntime.Untrack(this);
    }

    /// <summary>Says what runs the model, for a person.</summary>
    public override string ToString() => $"onnxruntime-genai on {Provider} ({OgaRuntime.Path})";

    /// <summary>As <see cref="Dispose"/>, but ends a step under way; false when it does not end in time.</summary>
    internal bool CloseAtExit()
    {
        NativeGenerationSession[] open = BeginClose() ?? [];
        foreach (NativeGenerationSession session in open)
        {
            session.Terminate();
        }

        if (!Queue.TryEnter(ExitPatience))
        {
            return false;
        }

        // The turn is kept: nothing of this engine may run any more.
        foreach (NativeGenerationSession session in open)
        {
            session.Close();
        }

        _adapters?.Dispose();
        _model.Dispose();
        return true;
    }

    internal void Forget(NativeGenerationSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    /// <summary>Tokens for which a generator reserves its cache when it has to hold <paramref name="tokens"/>.</summary>
    internal int CapacityFor(int tokens)
    {
        long capacity = _initialTokens;
        while (capacity < tokens)
        {
            capacity *= 2;
        }

        return (int)Math.Min(capacity, MaxContextTokens);
    }

    /// <summary>Makes a generator. The caller has the turn.</summary>
    internal OgaGeneratorHandle CreateGenerator(int capacity, string? adapter)
    {
        using OgaGeneratorParamsHandle parameters = OgaGeneratorParamsHandle.Create(_model);
        parameters.Set("max_length", capacity);
        parameters.Set("batch_size", 1);
        parameters.Set("num_beams", 1);
        parameters.Set("do_sample", false);
        OgaGeneratorHandle generator = OgaGeneratorHandle.Create(_model, parameters);
        if (adapter is null || OgaResult.Take(Oga.SetActiveAdapter(generator, _adapters!, adapter)) is not { } refusal)
        {
            return generator;
        }

        generator.Dispose();
        throw OgaResult.Failure($"The adapter '{adapter}' could not be activated", refusal);
    }

    private NativeGenerationSession Open(string? adapter)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            NativeGenerationSession session = new(this, adapter);
            _sessions.Add(session);
            return session;
        }
    }

    // Under its path, which is unique, whatever the application calls it.
    private void LoadAdapter(string path)
    {
        if (_adapterFiles.Contains(path))
        {
            return;
        }

        if (!File.Exists(path))
        {
            throw new Gemma4ModelException($"The adapter '{path}' does not exist. Check the path in Gemma4Options.Adapters.");
        }

        _adapters ??= OgaAdaptersHandle.Create(_model);
        OgaResult.Check(Oga.LoadAdapter(_adapters, path, path), $"The adapter '{path}' could not be loaded");
        _adapterFiles.Add(path);
    }

    private static bool IsDirectML(string provider) => provider is "dml" or "directml";

    private NativeGenerationSession[]? BeginClose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return null;
            }

            _disposed = true;
            return [.. _sessions];
        }
    }

    private static NativeGenerationEngine Open(Gemma4ModelFolder folder, OnnxRuntimeGenAIOptions options, ConfigFacts facts, string provider)
    {
        if (provider == Cuda && options.CheckCuda)
        {
            CudaPreflight.Check(OgaRuntime.Path!);
        }

        using OgaConfigHandle config = OgaConfigHandle.Read(folder.Directory);
        if (facts.HasSlidingWindow)
        {
            Overlay(config, """{"model":{"decoder":{"sliding_window":{"slide_key_value_cache":false,"slide_inputs":false}}}}""");
        }

        if (options.Provider is not null || provider != facts.Provider)
        {
            SetProvider(config, provider, options);
        }

        if (options.ConfigOverlay is { } overlay)
        {
            Overlay(config, overlay);
        }

        OgaModelHandle model = OgaModelHandle.Load(config, folder.Directory);
        try
        {
            return new NativeGenerationEngine(folder, model, provider, options, facts);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void SetProvider(OgaConfigHandle config, string provider, OnnxRuntimeGenAIOptions options)
    {
        OgaResult.Check(Oga.ConfigClearProviders(config), "The list of execution providers could not be cleared");
        if (provider == Processor)
        {
            return;
        }

        OgaResult.Check(Oga.ConfigAppendProvider(config, provider), $"The execution provider '{provider}' was refused");
        foreach ((string key, string value) in options.ProviderOptions)
        {
            OgaResult.Check(Oga.ConfigSetProviderOption(config, provider, key, value), $"The setting '{key}' of the execution provider '{provider}' was refused");
        }
    }

    private static void Overlay(OgaConfigHandle config, string json) =>
        OgaResult.Check(Oga.ConfigOverlay(config, json), string.Create(CultureInfo.InvariantCulture, $"The configuration '{json}' could not be laid over genai_config.json"));

    private static unsafe string TypeOf(OgaModelHandle model)
    {
        OgaResult.Check(Oga.ModelGetType(model, out byte* text), "The type of the model could not be read");
        try
        {
            int length = 0;
            while (text[length] != 0)
            {
                length++;
            }

            return Encoding.UTF8.GetString(text, length);
        }
        finally
        {
            Oga.DestroyString(text);
        }
    }
}
