using System.Globalization;
using System.Runtime.InteropServices;
using Gemma4.OnnxRuntime;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.Embeddings;

/// <summary>
/// The loaded graph: ids and mask of several texts go in, and for each comes out what its output is, the finished
/// sentence vector or the mean over its tokens. Any number of threads may run it.
/// </summary>
internal sealed class SentenceGraph : IDisposable
{
    private const string InputIds = "input_ids";
    private const string AttentionMask = "attention_mask";
    private const string Sentence = "sentence_embedding";

    // Of these the first that is there is pooled.
    private static readonly string[] TokenOutputs = ["token_embeddings", "last_hidden_state"];

    private readonly InferenceSession _session;
    private readonly string _path;
    private readonly string _output;
    private readonly TensorElementType _idType;
    private readonly List<(string Name, TensorElementType Type, long[] Shape)> _empty = [];

    internal SentenceGraph(string path, OnnxRuntimeOptions options)
    {
        _path = path;
        _session = OnnxSession.Open(path, options);
        try
        {
            _idType = ReadInputs();
            string[] outputs = [.. _session.OutputMetadata.Keys];
            _output = TokenOutputs.Prepend(Sentence).FirstOrDefault(outputs.Contains)
                ?? throw Unfit($"gives {string.Join(", ", outputs.Select(name => $"'{name}'"))}; '{Sentence}' or one of '{string.Join("', '", TokenOutputs)}' is needed");
            if (_session.OutputMetadata[_output].ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
            {
                throw Unfit($"gives '{_output}' as {_session.OutputMetadata[_output].ElementDataType}; float and float16 are read");
            }
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>Whether the graph pools and projects by itself.</summary>
    internal bool GivesSentences => _output == Sentence;

    /// <param name="texts">[text][token]; padded to the longest.</param>
    /// <param name="paddingId">Any id: the mask hides it.</param>
    /// <param name="cancellationToken">Ends the run at the next operator.</param>
    /// <returns>[text][value].</returns>
    internal float[][] Run(IReadOnlyList<long[]> texts, int paddingId, CancellationToken cancellationToken)
    {
        int longest = texts.Max(text => text.Length);
        long[] shape = [texts.Count, longest];
        long[] ids = new long[texts.Count * longest];
        long[] mask = new long[ids.Length];
        Array.Fill(ids, paddingId);
        for (int row = 0; row < texts.Count; row++)
        {
            texts[row].CopyTo(ids, row * longest);
            mask.AsSpan(row * longest, texts[row].Length).Fill(1);
        }

        List<OrtValue> values = [];
        try
        {
            Dictionary<string, OrtValue> inputs = new(StringComparer.Ordinal);
            void Add(string name, OrtValue value)
            {
                values.Add(value);
                inputs[name] = value;
            }

            Add(InputIds, Integers(ids, shape));
            Add(AttentionMask, Integers(mask, shape));
            foreach ((string name, TensorElementType type, long[] empty) in _empty)
            {
                Add(name, OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, empty));
            }

            using RunOptions run = new();
            using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, run);
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, inputs, [_output]);
            return Read(outputs[0], texts, longest);
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw OnnxFailure.Run(_path, exception);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();

    private TensorElementType ReadInputs()
    {
        foreach (string name in (string[])[InputIds, AttentionMask])
        {
            if (!_session.InputMetadata.TryGetValue(name, out NodeMetadata? input) || input.Dimensions.Length != 2
                || input.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32))
            {
                throw Unfit($"has no input '{name}' of whole numbers with 2 axes (texts, tokens)");
            }
        }

        if (_session.InputMetadata[InputIds].ElementDataType != _session.InputMetadata[AttentionMask].ElementDataType)
        {
            throw Unfit($"takes '{InputIds}' and '{AttentionMask}' as different types");
        }

        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            if (name is InputIds or AttentionMask)
            {
                continue;
            }

            // Images, video and audio: none of them. Their first axis counts the pieces that they are cut into.
            if (!name.EndsWith("_features", StringComparison.Ordinal) || input.Dimensions is not [<= 0, .. { Length: > 0 } rest] || rest.Any(size => size <= 0)
                || input.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
            {
                throw Unfit($"also wants the input '{name}', and only '{InputIds}', '{AttentionMask}' and features of other media that may be empty can be given");
            }

            _empty.Add((name, input.ElementDataType, [0, .. rest.Select(size => (long)size)]));
        }

        return _session.InputMetadata[InputIds].ElementDataType;
    }

    private OrtValue Integers(long[] numbers, long[] shape) => _idType == TensorElementType.Int64
        ? OrtValue.CreateTensorValueFromMemory(numbers, shape)
        : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(numbers, number => (int)number), shape);

    private float[][] Read(OrtValue output, IReadOnlyList<long[]> texts, int longest)
    {
        long[] shape = output.GetTensorTypeAndShape().Shape;
        bool fits = GivesSentences ? shape.Length == 2 : shape.Length == 3 && shape[1] == longest;
        if (!fits || shape[0] != texts.Count)
        {
            throw Unfit($"gave '{_output}' of shape [{string.Join(", ", shape.Select(Number))}] for {Number(texts.Count)} texts of {Number(longest)} tokens");
        }

        int size = (int)shape[^1];
        ReadOnlySpan<float> all = Floats(output);
        float[][] vectors = new float[texts.Count][];
        for (int row = 0; row < vectors.Length; row++)
        {
            vectors[row] = GivesSentences ? all.Slice(row * size, size).ToArray() : Mean(all.Slice(row * longest * size, texts[row].Length * size), size);
        }

        return vectors;
    }

    private static ReadOnlySpan<float> Floats(OrtValue output)
    {
        if (output.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float)
        {
            return output.GetTensorDataAsSpan<float>();
        }

        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<Float16, ushort>(output.GetTensorDataAsSpan<Float16>());
        float[] wide = new float[halves.Length];
        HalfFloats.Widen(halves, wide);
        return wide;
    }

    /// <summary>Over all tokens of a text, its prompt and the tokens around it included.</summary>
    private static float[] Mean(ReadOnlySpan<float> tokens, int size)
    {
        float[] mean = new float[size];
        for (int at = 0; at < tokens.Length; at += size)
        {
            ReadOnlySpan<float> token = tokens.Slice(at, size);
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += token[i];
            }
        }

        float share = (float)size / tokens.Length;
        for (int i = 0; i < mean.Length; i++)
        {
            mean[i] *= share;
        }

        return mean;
    }

    private Gemma4ModelException Unfit(string fact) =>
        new($"The graph '{_path}' {fact}. Take an ONNX export of EmbeddingGemma made for text.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
