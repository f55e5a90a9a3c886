using System.Globalization;
using Gemma4.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>What a loaded embedding graph takes, and what of it the decoder goes on with.</summary>
internal sealed class EmbeddingGraph
{
    private readonly InferenceSession _session;
    private readonly InferenceSession _decoderSession;
    private readonly DecoderGraph _decoder;

    private EmbeddingGraph(
        EmbeddingSettings names, InferenceSession session, DecoderGraph decoder, InferenceSession decoderSession)
    {
        _session = session;
        _decoderSession = decoderSession;
        _decoder = decoder;
        ModelPath = names.GraphPath;
        InputIds = names.InputIds;
        IdType = ReadIdType();
        if (decoder.InputIds is not null && decoder.IdType != IdType)
        {
            throw Unfit($"takes '{InputIds}' as {IdType} but the decoder '{decoder.ModelPath}' as {decoder.IdType}");
        }

        LinkedTensor embeds = Link(names.InputsEmbeds, decoder.InputsEmbeds!);
        Links = decoder.PerLayerInputs is { } perLayer ? [embeds, Link(names.PerLayerInputs, perLayer)] : [embeds];
        EmptyFeatures = ReadFeatures(names, embeds.OutputRow[0]);
    }

    internal string ModelPath { get; }

    internal string InputIds { get; }

    internal TensorElementType IdType { get; }

    internal IReadOnlyList<LinkedTensor> Links { get; }

    internal IReadOnlyList<EmptyFeature> EmptyFeatures { get; }

    internal static EmbeddingGraph Read(
        EmbeddingSettings names, InferenceSession session, DecoderGraph decoder, InferenceSession decoderSession) =>
        new(names, session, decoder, decoderSession);

    private TensorElementType ReadIdType()
    {
        NodeMetadata ids = _session.InputMetadata.GetValueOrDefault(InputIds) ?? throw Unfit($"has no input '{InputIds}'");
        return ids.ElementDataType is TensorElementType.Int64 or TensorElementType.Int32 && ids.Dimensions.Length == 2
            ? ids.ElementDataType
            : throw Unfit($"takes '{InputIds}' as {ids.ElementDataType} with {Number(ids.Dimensions.Length)} axes; int64 or int32 with 2 is accepted");
    }

    private LinkedTensor Link(string outputName, string inputName)
    {
        NodeMetadata output = _session.OutputMetadata.GetValueOrDefault(outputName)
            ?? throw Unfit($"has no output '{outputName}', which the decoder '{_decoder.ModelPath}' wants");
        NodeMetadata input = _decoderSession.InputMetadata.GetValueOrDefault(inputName)
            ?? throw Unfit($"gives '{outputName}', but the decoder '{_decoder.ModelPath}' has no input '{inputName}'");
        if (output.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
        {
            throw Unfit($"has '{outputName}' as {output.ElementDataType}; float and float16 are accepted");
        }

        if (output.ElementDataType != input.ElementDataType)
        {
            throw Unfit($"gives '{outputName}' as {output.ElementDataType}, but the decoder '{_decoder.ModelPath}' wants {input.ElementDataType}: take both from one variant");
        }

        long[] outputRow = Row(outputName, output);
        long[] inputRow = Row(inputName, input);

        // Where one side leaves a size open, the other one's holds if both cut the row alike.
        if (outputRow.Length == inputRow.Length)
        {
            outputRow = [.. outputRow.Zip(inputRow, (own, other) => own > 0 ? own : other)];
            inputRow = [.. inputRow.Zip(outputRow, (own, other) => own > 0 ? own : other)];
        }

        if (Product(outputRow) is not { } given || Product(inputRow) is not { } taken)
        {
            throw Unfit($"leaves the shape of '{outputName}' open, and so does the decoder '{_decoder.ModelPath}'");
        }

        return given == taken
            ? new LinkedTensor(outputName, inputName, output.ElementDataType, outputRow, inputRow)
            : throw Unfit($"gives {Number(given)} numbers of '{outputName}' for a token, but the decoder '{_decoder.ModelPath}' wants {Number(taken)}: take both from one model");
    }

    private List<EmptyFeature> ReadFeatures(EmbeddingSettings names, long hiddenSize)
    {
        var features = new List<EmptyFeature>();
        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            if (name == InputIds)
            {
                continue;
            }

            if (name != names.ImageFeatures && name != names.AudioFeatures)
            {
                throw Unfit($"also wants the input '{name}'; accepted are '{InputIds}', '{names.ImageFeatures}' and '{names.AudioFeatures}'");
            }

            int last = input.Dimensions.Length - 1;
            if (last < 1 || input.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
            {
                throw Unfit($"takes '{name}' as {input.ElementDataType} with {Number(last + 1)} axes; float or float16 with 2 or more is accepted");
            }

            long[] shape = [.. input.Dimensions.Select((size, axis) => axis == 0 ? 0L : size > 0 ? size : axis == last ? hiddenSize : 1L)];
            features.Add(new EmptyFeature(name, input.ElementDataType, shape));
        }

        return features;
    }

    private long[] Row(string name, NodeMetadata metadata) => metadata.Dimensions.Length is 3 or 4
        ? [.. metadata.Dimensions.Skip(2).Select(size => (long)size)]
        : throw Unfit($"and its decoder have '{name}' with {Number(metadata.Dimensions.Length)} axes; 3 or 4 are accepted");

    private static long? Product(long[] row) =>
        row.All(size => size > 0) ? row.Aggregate(1L, (product, size) => product * size) : null;

    private Gemma4ModelException Unfit(string fact) =>
        new($"The embedding graph '{ModelPath}' {fact}. Build the folder with 'gemma4 build'.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
