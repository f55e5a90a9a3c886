namespace Gemma4.ModelBuilder.Onnx;

/// <summary>One dimension of a graph input or output: fixed, or named and decided at run time.</summary>
internal readonly record struct OnnxDimension
{
    private readonly string? _name;
    private readonly long _size;

    private OnnxDimension(string? name, long size)
    {
        _name = name;
        _size = size;
    }

    public static implicit operator OnnxDimension(string name) => new(name, 0);

    public static implicit operator OnnxDimension(int size) => new(null, size);

    public ProtobufWriter ToProto() => _name is null
        ? new ProtobufWriter().Int64(1, _size)
        : new ProtobufWriter().Text(2, _name);
}
