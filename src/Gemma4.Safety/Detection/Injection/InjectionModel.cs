using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;

namespace Gemma4.Safety.Detection.Injection;

/// <summary>A logistic regression over hashed features with weights of eight bits.</summary>
internal sealed class InjectionModel
{
    private const string Resource = "injection-model.bin";
    private const uint Magic = 0x4A4E4947; // "GINJ", little endian

    private static readonly Lazy<InjectionModel> Embedded = new(ReadEmbedded);

    private readonly sbyte[] _weights; // [feature]
    private readonly float _scale;
    private readonly float _bias;

    public InjectionModel(sbyte[] weights, float scale, float bias)
    {
        _weights = weights;
        _scale = scale;
        _bias = bias;
    }

    /// <summary>The model of this assembly.</summary>
    public static InjectionModel Default => Embedded.Value;

    /// <summary>The probability that the features come from an order to the model; 0.5 is the tuned threshold.</summary>
    public double Score(ReadOnlySpan<int> features)
    {
        var sum = 0;
        foreach (var feature in features)
        {
            sum += _weights[feature];
        }

        var logit = sum * _scale / Math.Sqrt(Math.Max(1, features.Length)) + _bias;
        return 1 / (1 + Math.Exp(-logit));
    }

    public void Write(Stream stream)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], _weights.Length);
        BinaryPrimitives.WriteSingleLittleEndian(header[8..], _scale);
        BinaryPrimitives.WriteSingleLittleEndian(header[12..], _bias);
        using var packed = new BrotliStream(stream, CompressionLevel.SmallestSize, leaveOpen: true);
        packed.Write(header);
        packed.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_weights.AsSpan()));
    }

    public static InjectionModel Read(Stream stream)
    {
        using var unpacked = new BrotliStream(stream, CompressionMode.Decompress, leaveOpen: true);
        Span<byte> header = stackalloc byte[16];
        unpacked.ReadExactly(header);
        var count = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic || count != InjectionFeatures.Count)
        {
            throw new InvalidDataException($"{Resource} is no model of {InjectionFeatures.Count} weights. Train it again with 'train-injection'.");
        }

        var weights = new sbyte[count];
        unpacked.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.AsSpan()));
        return new InjectionModel(weights, BinaryPrimitives.ReadSingleLittleEndian(header[8..]), BinaryPrimitives.ReadSingleLittleEndian(header[12..]));
    }

    private static InjectionModel ReadEmbedded()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is missing from the assembly. Build the package from a complete checkout.");
        return Read(stream);
    }
}
