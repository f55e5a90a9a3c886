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
    private DecoderGraph(Gemma4ModelFolder folder, InferenceSession session)
    {
        DecoderSettings names = folder.Decoder;
        ModelPath = folder.ModelPath;
        InputIds = names.InputIds;
        AttentionMask = names.AttentionMask;
        Logits = names.Logits;
        PositionIds = session.InputMetadata.ContainsKey(names.PositionIds) ? names.PositionIds : null;

        RejectUnknownInputs(session, names);
        IdType = IntegerType(session, InputIds);
        MaskType = IntegerType(session, AttentionMask);
        PositionType = PositionIds is null ? TensorElementType.Int64 : IntegerType(session, PositionIds);
        Caches = ReadCaches(session, names);
        BytesPerToken = Caches.Sum(cache => cache.BytesPerToken);

        NodeMetadata logits = session.OutputMetadata.GetValueOrDefault(Logits)
            ?? throw Unfit($"has no output '{Logits}'");
        LogitsType = FloatingType(Logits, logits.ElementDataType);
        if (logits.Dimensions.Length != 3)
        {
            throw Unfit($"gives '{Logits}' with {Number(logits.Dimensions.Length)} axes instead of 3");
        }

        LastPositionOnly = logits.Dimensions[1] == 1;
        if (logits.Dimensions[2] > 0)
        {
            CheckWidth(logits.Dimensions[2], folder.VocabularySize);
        }
    }

    internal string ModelPath { get; }

    internal string InputIds { get; }

    internal string AttentionMask { get; }

    /// <summary>Null when the graph derives positions from the mask.</summary>
    internal string? PositionIds { get; }

    internal string Logits { get; }

    internal TensorElementType IdType { get; }

    internal TensorElementType MaskType { get; }

    internal TensorElementType PositionType { get; }

    internal TensorElementType LogitsType { get; }

    /// <summary>Whether the graph cuts the logits down to the last position itself.</summary>
    internal bool LastPositionOnly { get; }

    internal IReadOnlyList<CacheTensor> Caches { get; }

    /// <summary>Cache bytes that one token takes over all layers.</summary>
    internal long BytesPerToken { get; }

    internal static DecoderGraph Read(Gemma4ModelFolder folder, InferenceSession session) => new(folder, session);

    internal void CheckWidth(long width, int vocabularySize)
    {
        if (width != vocabularySize)
        {
            throw Unfit($"gives {Number(width)} logits but genai_config.json says vocab_size {Number(vocabularySize)}");
        }
    }

    private List<CacheTensor> ReadCaches(InferenceSession session, DecoderSettings names)
    {
        var caches = new List<CacheTensor>();
        foreach ((string name, NodeMetadata input) in session.InputMetadata)
        {
            string? present = Counterpart(name, names.PastKeys, names.PresentKeys)
                ?? Counterpart(name, names.PastValues, names.PresentValues);
            if (present is null)
            {
                continue;
            }

            if (!session.OutputMetadata.ContainsKey(present))
            {
                throw Unfit($"takes '{name}' but does not give '{present}'");
            }

            int[] shape = input.Dimensions;
            if (shape.Length != 4)
            {
                throw Unfit($"takes '{name}' with {Number(shape.Length)} axes instead of 4");
            }

            if (shape[2] > 0)
            {
                throw Unfit($"fixes '{name}' to {Number(shape[2])} tokens; only caches that grow can be run");
            }

            caches.Add(new CacheTensor(
                name,
                present,
                FloatingType(name, input.ElementDataType),
                Size(shape[1], names.KeyValueHeads, name, "num_key_value_heads"),
                Size(shape[3], names.HeadSize, name, "head_size")));
        }

        return caches.Count > 0 ? caches : throw Unfit($"has no cache inputs named like '{names.PastKeys}'");
    }

    private void RejectUnknownInputs(InferenceSession session, DecoderSettings names)
    {
        string[] unknown =
        [
            .. session.InputMetadata.Keys.Where(name => name != InputIds && name != AttentionMask && name != PositionIds
                && Counterpart(name, names.PastKeys, names.PresentKeys) is null
                && Counterpart(name, names.PastValues, names.PresentValues) is null),
        ];
        if (unknown.Length > 0)
        {
            throw Unfit($"also wants the inputs {string.Join(", ", unknown.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}, "
                + $"which a text model does not have; accepted are '{InputIds}', '{AttentionMask}', '{names.PositionIds}' and '{names.PastKeys}'");
        }
    }

    private TensorElementType IntegerType(InferenceSession session, string name)
    {
        NodeMetadata input = session.InputMetadata.GetValueOrDefault(name) ?? throw Unfit($"has no input '{name}'");
        return input.ElementDataType is TensorElementType.Int64 or TensorElementType.Int32
            ? input.ElementDataType
            : throw Unfit($"takes '{name}' as {input.ElementDataType}; int64 or int32 is accepted");
    }

    private TensorElementType FloatingType(string name, TensorElementType type) =>
        type is TensorElementType.Float or TensorElementType.Float16
            ? type
            : throw Unfit($"has '{name}' as {type}; float and float16 are accepted");

    private int Size(int inGraph, int? inConfig, string name, string key) =>
        inGraph > 0 ? inGraph
        : inConfig is > 0 ? inConfig.Value
        : throw Unfit($"leaves the shape of '{name}' open, and genai_config.json has no '{key}'");

    /// <summary>Translates a name made from one pattern into the other pattern, or null when it does not match.</summary>
    private static string? Counterpart(string name, string pattern, string otherPattern)
    {
        int hole = pattern.IndexOf("%d", StringComparison.Ordinal);
        if (hole < 0 || name.Length <= pattern.Length - 2)
        {
            return null;
        }

        ReadOnlySpan<char> tail = pattern.AsSpan(hole + 2);
        if (!name.AsSpan().StartsWith(pattern.AsSpan(0, hole)) || !name.AsSpan().EndsWith(tail))
        {
            return null;
        }

        string number = name[hole..^tail.Length];
        return number.All(char.IsAsciiDigit) ? otherPattern.Replace("%d", number, StringComparison.Ordinal) : null;
    }

    private Gemma4ModelException Unfit(string fact) =>
        new($"The graph '{ModelPath}' {fact}. Build the folder with 'gemma4 build'.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
