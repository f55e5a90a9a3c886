namespace Gemma4.ModelBuilder.Onnx;

/// <summary>A named constant of a node: a whole number or several, a float, a text or a graph.</summary>
internal readonly record struct OnnxAttribute
{
    private const int FloatKind = 1;
    private const int IntKind = 2;
    private const int TextKind = 3;
    private const int GraphKind = 5;
    private const int IntsKind = 7;

    private readonly string _name;
    private readonly object _value;

    private OnnxAttribute(string name, object value)
    {
        _name = name;
        _value = value;
    }

    public static implicit operator OnnxAttribute((string Name, long Value) pair) => new(pair.Name, pair.Value);

    public static implicit operator OnnxAttribute((string Name, float Value) pair) => new(pair.Name, pair.Value);

    public static implicit operator OnnxAttribute((string Name, string Value) pair) => new(pair.Name, pair.Value);

    public static implicit operator OnnxAttribute((string Name, long[] Values) pair) => new(pair.Name, pair.Values);

    public static implicit operator OnnxAttribute((string Name, ProtobufWriter Graph) pair) => new(pair.Name, pair.Graph);

    /// <summary>AttributeProto.</summary>
    public ProtobufWriter ToProto()
    {
        var proto = new ProtobufWriter().Text(1, _name);
        return _value switch
        {
            float number => proto.Single(2, number).Int64(20, FloatKind),
            long number => proto.Int64(3, number).Int64(20, IntKind),
            ProtobufWriter graph => proto.Message(6, graph).Int64(20, GraphKind),
            long[] numbers => numbers.Aggregate(proto, (list, number) => list.Int64(8, number)).Int64(20, IntsKind),
            _ => proto.Text(4, (string)_value).Int64(20, TextKind),
        };
    }
}
