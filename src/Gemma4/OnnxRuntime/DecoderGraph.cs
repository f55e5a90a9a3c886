using System.Globalization;
using Gemma4.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// What a loaded graph takes and gives, read from the session: head sizes and layers differ between Gemma 4 layers, so
/// the single numbers in genai_config.json are only a fallback.
/// </summary>
internal sealed class DecoderGraph
{
    // Inputs of transformers.js exports, which no configuration file renames.
    private const string LogitsToKeepName = "num_logits_to_keep";
    private const string CacheBranchName = "use_cache_branch";

    /// <summary>Input of the builder's own graphs: the mask of layers whose caches keep a window.</summary>
    internal const string SlidingMaskName = "sliding_attention_mask";

    /// <summary>In the builder's own graphs, between the name of a cache that comes back with nothing added and the layer that borrows it.</summary>
    internal const string UnchangedMark = ".unchanged.";

    // Property of the builder's own graphs.
    private const string SkipsUnscoredKey = "gemma4.skips_unscored";

    private readonly string _configName;
    private readonly bool _split;

    private DecoderGraph(Gemma4ModelFolder folder, InferenceSession session, int windowSlack)
    {
        DecoderSettings names = folder.Decoder;
        _configName = names.ConfigName;
        _split = folder.EmbeddingPath is not null;
        ModelPath = folder.ModelPath;
        AttentionMask = names.AttentionMask;
        Logits = names.Logits;
        RejectUnknownInputs(session, names);
        InputIds = _split ? Present(session, names.InputIds) : names.InputIds;
        InputsEmbeds = _split ? names.InputsEmbeds : null;
        PerLayerInputs = _split ? Present(session, names.PerLayerInputs) : null;
        PositionIds = Present(session, names.PositionIds);
        LogitsToKeep = Present(session, LogitsToKeepName);
        CacheBranch = Present(session, CacheBranchName);
        SlidingMask = Present(session, SlidingMaskName);

        IdType = InputIds is null ? TensorElementType.Int64 : IntegerType(session, InputIds);
        MaskType = IntegerType(session, AttentionMask);
        PositionType = PositionIds is null ? TensorElementType.Int64 : IntegerType(session, PositionIds);
        SlidingMaskType = SlidingMask is null ? TensorElementType.Int64 : IntegerType(session, SlidingMask);
        LogitsToKeepRank = LogitsToKeep is null ? 0 : ScalarRank(session, LogitsToKeep, TensorElementType.Int64);
        CacheBranchRank = CacheBranch is null ? 0 : ScalarRank(session, CacheBranch, TensorElementType.Bool);
        var file = GraphFile.Read(ModelPath);

        // The first folders that can have no such property; a branch beside the builder's own mask is the builder's.
        SkipsUnscored = LogitsToKeep is not null
            && (session.ModelMetadata.CustomMetadataMap.ContainsKey(SkipsUnscoredKey)
                || (SlidingMask is not null && file.Nodes.Any(node => node.Operator == "If")));
        var wiring = new CacheWiring(file);
        Caches = ReadCaches(session, names, wiring, windowSlack);
        CachesInPlace = Caches.All(cache => wiring.IsInPlace(cache.PastName, cache.PresentName));
        Window = ReadWindow();

        AllowsBatches = CachesInPlace && !_split && HasOpenBatch(session);

        // A cache that grows is read from one buffer and written to another.
        BytesPerToken = Caches.Sum(cache => cache.BytesPerToken) * (CachesInPlace ? 1 : 2);

        NodeMetadata logits = session.OutputMetadata.GetValueOrDefault(Logits)
            ?? throw Unfit($"has no output '{Logits}'");
        LogitsType = FloatingType(Logits, logits.ElementDataType);
        if (logits.Dimensions.Length != 3)
        {
            throw Unfit($"gives '{Logits}' with {Number(logits.Dimensions.Length)} axes instead of 3");
        }

        LastPositionOnly = LogitsToKeep is not null || logits.Dimensions[1] == 1;
        if (logits.Dimensions[2] > 0)
        {
            CheckWidth(logits.Dimensions[2], folder.VocabularySize);
        }
    }

    internal string ModelPath { get; }

    /// <summary>Null where the embedding graph alone takes ids.</summary>
    internal string? InputIds { get; }

    /// <summary>What the embedding graph gives; null where the graph starts from ids.</summary>
    internal string? InputsEmbeds { get; }

    /// <summary>What the embedding graph gives beside <see cref="InputsEmbeds"/>; null where the graph does not want it.</summary>
    internal string? PerLayerInputs { get; }

    internal string AttentionMask { get; }

    /// <summary>Null when the graph derives positions from the mask.</summary>
    internal string? PositionIds { get; }

    /// <summary>Takes the number of last positions to score; null where the graph has no such input.</summary>
    internal string? LogitsToKeep { get; }

    internal int LogitsToKeepRank { get; }

    /// <summary>Whether the graph, asked to score fewer than 0 positions, writes the caches and does no more; the builder's own do.</summary>
    internal bool SkipsUnscored { get; }

    /// <summary>Takes whether there is a past; null where the graph has no such input.</summary>
    internal string? CacheBranch { get; }

    internal int CacheBranchRank { get; }

    internal string Logits { get; }

    internal TensorElementType IdType { get; }

    internal TensorElementType MaskType { get; }

    internal TensorElementType SlidingMaskType { get; }

    internal TensorElementType PositionType { get; }

    internal TensorElementType LogitsType { get; }

    /// <summary>Whether the graph scores the last position only, by itself or on demand.</summary>
    internal bool LastPositionOnly { get; }

    internal IReadOnlyList<CacheTensor> Caches { get; }

    /// <summary>Whether the graph appends to a cache in place, as opposed to returning a longer one.</summary>
    internal bool CachesInPlace { get; }

    /// <summary>Whether one run can step several sequences of different lengths: ids in, caches in place, and no axis fixed to one sequence.</summary>
    internal bool AllowsBatches { get; }

    /// <summary>Takes the mask of the rows that windowed caches hold; null where every cache holds all tokens.</summary>
    internal string? SlidingMask { get; }

    /// <summary>How much windowed caches keep; null where every cache holds all tokens.</summary>
    internal CacheWindow? Window { get; }

    /// <summary>Cache bytes that one token takes over all layers, while no window is full.</summary>
    internal long BytesPerToken { get; }

    internal static DecoderGraph Read(Gemma4ModelFolder folder, InferenceSession session, int windowSlack) =>
        new(folder, session, windowSlack);

    /// <summary>Cache bytes of one session with room for <paramref name="tokens"/> tokens.</summary>
    internal long CacheBytes(int tokens)
    {
        long bytes = 0;
        foreach (CacheTensor cache in Caches)
        {
            bytes += cache.BytesPerToken * cache.RowsFor(tokens);
        }

        return bytes * (CachesInPlace ? 1 : 2);
    }

    /// <summary>Most tokens that one session can hold in <paramref name="bytes"/> of cache.</summary>
    internal long TokensIn(long bytes)
    {
        long tokens = bytes / BytesPerToken;
        if (Window is null || tokens <= Window.Capacity)
        {
            return tokens;
        }

        // Past the window only the full caches grow.
        long full = Caches.Sum(cache => cache.Window is null ? cache.BytesPerToken : 0);
        long windowed = (BytesPerToken - full) * Window.Capacity;
        return full == 0 ? int.MaxValue : (bytes - windowed) / full;
    }

    internal void CheckWidth(long width, int vocabularySize)
    {
        if (width != vocabularySize)
        {
            throw Unfit($"gives {Number(width)} logits but {_configName} says vocab_size {Number(vocabularySize)}");
        }
    }

    private List<CacheTensor> ReadCaches(InferenceSession session, DecoderSettings names, CacheWiring wiring, int windowSlack)
    {
        var caches = new List<CacheTensor>();
        foreach ((string name, NodeMetadata input) in session.InputMetadata)
        {
            string? present = names.PresentOf(name);
            if (present is null)
            {
                continue;
            }

            if (!session.OutputMetadata.ContainsKey(present))
            {
                throw Unfit($"takes '{name}' but does not give '{present}'");
            }

            int[] shape = input.Dimensions;
            RequireRank(name, shape, 4);

            if (shape[2] > 0)
            {
                throw Unfit($"fixes '{name}' to {Number(shape[2])} tokens; only caches that grow can be run");
            }

            caches.Add(new CacheTensor(
                name,
                present,
                CacheType(name, input.ElementDataType, wiring.IsInPlace(name, present)),
                Size(shape[1], names.ShapeOf(Index(name, names)).KeyValueHeads, name, "num_key_value_heads"),
                Size(shape[3], names.ShapeOf(Index(name, names)).HeadSize, name, "head_size"),
                SlidingMask is not null && wiring.WindowOf(name) is { } size ? new CacheWindow(size, windowSlack) : null)
            {
                UnchangedNames = [.. session.OutputMetadata.Keys.Where(output => output.StartsWith(present + UnchangedMark, StringComparison.Ordinal))],
            });
        }

        return caches.Count > 0 ? caches : throw Unfit($"has no cache inputs named like '{names.PastKeys}'");
    }

    private CacheWindow? ReadWindow()
    {
        if (SlidingMask is null)
        {
            return null;
        }

        CacheWindow[] windows = [.. Caches.Select(cache => cache.Window).OfType<CacheWindow>().Distinct()];
        return windows.Length == 1 && CachesInPlace && PositionIds is not null
            ? windows[0]
            : throw Unfit($"takes '{SlidingMask}' but has {Number(windows.Length)} different windows, "
                + $"{(CachesInPlace ? "caches" : "not all caches")} written in place and {(PositionIds is null ? "no" : "an")} input for positions; one window, caches in place and positions are accepted");
    }

    private bool HasOpenBatch(InferenceSession session)
    {
        string?[] inputs = [InputIds, AttentionMask, SlidingMask, PositionIds, .. Caches.Select(cache => cache.PastName)];
        string[] outputs = [Logits, .. Caches.Select(cache => cache.PresentName)];
        return inputs.OfType<string>().All(name => session.InputMetadata[name].Dimensions[0] < 0)
            && outputs.All(name => session.OutputMetadata.GetValueOrDefault(name)?.Dimensions is [< 0, ..]);
    }

    private void RejectUnknownInputs(InferenceSession session, DecoderSettings names)
    {
        string[] accepted =
        [
            .. _split ? [names.InputsEmbeds, names.PerLayerInputs] : Array.Empty<string>(),
            names.InputIds, names.AttentionMask, names.PositionIds, LogitsToKeepName, CacheBranchName, SlidingMaskName,
        ];
        string[] unknown =
        [
            .. session.InputMetadata.Keys.Where(name => !accepted.Contains(name)
                && names.PresentOf(name) is null),
        ];
        if (unknown.Length > 0)
        {
            throw Unfit($"also wants the inputs {string.Join(", ", unknown.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}, "
                + $"which a text model does not have; accepted are {string.Join(", ", accepted.Select(name => $"'{name}'"))} and '{names.PastKeys}'");
        }
    }

    private static string? Present(InferenceSession session, string name) =>
        session.InputMetadata.ContainsKey(name) ? name : null;

    private int ScalarRank(InferenceSession session, string name, TensorElementType type)
    {
        NodeMetadata input = session.InputMetadata[name];
        return input.ElementDataType == type && input.Dimensions.Length <= 1
            ? input.Dimensions.Length
            : throw Unfit($"takes '{name}' as {input.ElementDataType} with {Number(input.Dimensions.Length)} axes; one {type} is accepted");
    }

    private void RequireRank(string name, int[] shape, int rank)
    {
        if (shape.Length != rank)
        {
            throw Unfit($"takes '{name}' with {Number(shape.Length)} axes instead of {Number(rank)}");
        }
    }

    /// <summary>The number in a cache's name.</summary>
    private static int Index(string name, DecoderSettings names) => int.Parse(
        names.NumberOf(name) ?? "0", CultureInfo.InvariantCulture);

    private TensorElementType IntegerType(InferenceSession session, string name)
    {
        NodeMetadata input = session.InputMetadata.GetValueOrDefault(name) ?? throw Unfit($"has no input '{name}'");
        RequireRank(name, input.Dimensions, 2);
        return input.ElementDataType is TensorElementType.Int64 or TensorElementType.Int32
            ? input.ElementDataType
            : throw Unfit($"takes '{name}' as {input.ElementDataType}; int64 or int32 is accepted");
    }

    private TensorElementType CacheType(string name, TensorElementType type, bool inPlace) =>
        type != TensorElementType.Int8 ? FloatingType(name, type)
        : inPlace ? type
        : throw Unfit($"has '{name}' as {type} but returns it as a longer tensor; caches of 8 bits are accepted where they are written in place");

    private TensorElementType FloatingType(string name, TensorElementType type) =>
        type is TensorElementType.Float or TensorElementType.Float16
            ? type
            : throw Unfit($"has '{name}' as {type}; float and float16 are accepted");

    private int Size(int inGraph, int? inConfig, string name, string key) =>
        inGraph > 0 ? inGraph
        : inConfig is > 0 ? inConfig.Value
        : throw Unfit($"leaves the shape of '{name}' open, and {_configName} has no '{key}'");

    private Gemma4ModelException Unfit(string fact) =>
        new($"The graph '{ModelPath}' {fact}. Build the folder with 'gemma4 build'.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
