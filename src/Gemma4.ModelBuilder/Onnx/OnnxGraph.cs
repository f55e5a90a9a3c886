using System.Globalization;

namespace Gemma4.ModelBuilder.Onnx;

/// <summary>Collects nodes, weights, inputs and outputs, and writes them as an ONNX ModelProto.</summary>
internal sealed class OnnxGraph(string externalFile)
{
    /// <summary>Domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    private const int IrVersion = 10;
    private const int Opset = 21;

    private ProtobufWriter _nodes = new(); // of the graph or of the branch that is open
    private ProtobufWriter? _outer;
    private readonly ProtobufWriter _initializers = new();
    private readonly ProtobufWriter _inputs = new();
    private readonly ProtobufWriter _outputs = new();
    private readonly ProtobufWriter _properties = new();
    private readonly HashSet<string> _initializerNames = new(StringComparer.Ordinal);

    /// <summary>Adds a node whose only output carries the node's name.</summary>
    public string Node(string name, string op, string[] inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        Node(name, op, "", inputs, [name], attributes);
        return name;
    }

    /// <summary>Adds a node. An empty input or output name stands for an absent one.</summary>
    public void Node(
        string name,
        string op,
        string domain,
        string[] inputs,
        string[] outputs,
        params ReadOnlySpan<OnnxAttribute> attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(3, name).Text(4, op);
        foreach (var attribute in attributes)
        {
            node.Message(5, attribute.ToProto());
        }

        if (domain.Length > 0)
        {
            node.Text(7, domain);
        }

        _nodes.Message(1, node);
    }

    /// <summary>Nodes go into a branch from here on. Weights, inputs and outputs stay those of the graph, which a branch can read.</summary>
    public void OpenBranch() => (_outer, _nodes) = (_nodes, new ProtobufWriter());

    /// <summary>Nodes go into the graph again.</summary>
    /// <returns>The branch as a GraphProto.</returns>
    public ProtobufWriter CloseBranch(string name, params ReadOnlySpan<(string Name, OnnxType Type)> outputs)
    {
        var branch = _nodes.Text(2, name);
        foreach (var (output, type) in outputs)
        {
            var tensor = new ProtobufWriter().Int64(1, (long)type);
            branch.Message(12, new ProtobufWriter().Text(1, output).Message(2, new ProtobufWriter().Message(1, tensor)));
        }

        (_nodes, _outer) = (_outer!, null);
        return branch;
    }

    public bool HasWeight(string name) => _initializerNames.Contains(name);

    /// <summary>Adds a small weight inside the model file, unless one of that name is there already.</summary>
    public string Inline(string name, OnnxType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        if (_initializerNames.Add(name))
        {
            _initializers.Message(5, Tensor(name, type, shape).Bytes(9, data));
        }

        return name;
    }

    /// <summary>Adds a weight that lies in the external file. Several may name the same bytes in other shapes.</summary>
    public string External(string name, OnnxType type, ReadOnlySpan<long> shape, long offset, long length)
    {
        if (_initializerNames.Add(name))
        {
            _initializers.Message(5, Tensor(name, type, shape)
                .Message(13, Entry("location", externalFile))
                .Message(13, Entry("offset", offset.ToString(CultureInfo.InvariantCulture)))
                .Message(13, Entry("length", length.ToString(CultureInfo.InvariantCulture)))
                .Int64(14, 1));
        }

        return name;
    }

    /// <summary>Declares a graph input; a dimension is a number or a name.</summary>
    public string Input(string name, OnnxType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        _inputs.Message(11, ValueInfo(name, type, shape));
        return name;
    }

    public void Output(string name, OnnxType type, params ReadOnlySpan<OnnxDimension> shape) =>
        _outputs.Message(12, ValueInfo(name, type, shape));

    /// <summary>Notes a property of the model for whoever runs it.</summary>
    public void Property(string key, string value) => _properties.Message(14, Entry(key, value));

    /// <summary>The ModelProto.</summary>
    public byte[] ToBytes()
    {
        var graph = new List<byte>();
        graph.AddRange(_nodes.Written);
        graph.AddRange(new ProtobufWriter().Text(2, "gemma4_text").Written);
        graph.AddRange(_initializers.Written);
        graph.AddRange(_inputs.Written);
        graph.AddRange(_outputs.Written);
        var version = typeof(OnnxGraph).Assembly.GetName().Version?.ToString(3) ?? "";
        var model = new ProtobufWriter()
            .Int64(1, IrVersion)
            .Text(2, "Gemma4.ModelBuilder")
            .Text(3, version)
            .Bytes(7, graph.ToArray())
            .Message(8, new ProtobufWriter().Text(1, "").Int64(2, Opset))
            .Message(8, new ProtobufWriter().Text(1, Microsoft).Int64(2, 1));
        return [.. model.Written, .. _properties.Written];
    }

    private static ProtobufWriter Tensor(string name, OnnxType type, ReadOnlySpan<long> shape)
    {
        var tensor = new ProtobufWriter();
        foreach (var size in shape)
        {
            tensor.Int64(1, size);
        }

        return tensor.Int64(2, (long)type).Text(8, name);
    }

    private static ProtobufWriter Entry(string key, string value) => new ProtobufWriter().Text(1, key).Text(2, value);

    private static ProtobufWriter ValueInfo(string name, OnnxType type, ReadOnlySpan<OnnxDimension> shape)
    {
        var dimensions = new ProtobufWriter();
        foreach (var dimension in shape)
        {
            dimensions.Message(1, dimension.ToProto());
        }

        var tensor = new ProtobufWriter().Int64(1, (long)type).Message(2, dimensions);
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensor));
    }
}
