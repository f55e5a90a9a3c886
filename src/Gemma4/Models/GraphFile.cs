namespace Gemma4.Models;

/// <summary>
/// What an ONNX file says about its nodes, weights and inputs, read without the runtime and without the weights. Nodes
/// of nested graphs are listed with the others.
/// </summary>
internal sealed class GraphFile
{
    // Field numbers of onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphNodes = 1;
    private const int GraphInitializers = 5;
    private const int GraphInputs = 11;
    private const int NodeInputs = 1;
    private const int NodeOutputs = 2;
    private const int NodeOperator = 4;
    private const int NodeAttributes = 5;
    private const int NodeDomain = 7;
    private const int AttributeName = 1;
    private const int AttributeInteger = 3;
    private const int AttributeGraph = 6;
    private const int AttributeGraphs = 11;

    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphTensor> _weights = new(StringComparer.Ordinal);
    private readonly List<GraphTensor> _inputs = [];
    private readonly ProtobufReader _reader;

    private GraphFile(FileStream stream) => _reader = new ProtobufReader(stream);

    internal IReadOnlyList<GraphNode> Nodes => _nodes;

    internal IReadOnlyDictionary<string, GraphTensor> Weights => _weights;

    internal IReadOnlyList<GraphTensor> Inputs => _inputs;

    /// <exception cref="Gemma4ModelException">The file cannot be read or is no ONNX graph.</exception>
    internal static GraphFile Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            if (stream.Length == 0)
            {
                throw new InvalidDataException("it is empty");
            }

            var file = new GraphFile(stream);
            while (file._reader.Next(stream.Length, out int field, out long end))
            {
                if (field == ModelGraph && end >= 0)
                {
                    file.ReadGraph(end, isOuter: true);
                }

                file._reader.SkipTo(end);
            }

            return file;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException(
                $"'{path}' cannot be read as an ONNX graph: {exception.Message}. Copy the file again or build the folder with 'gemma4 build'.",
                exception);
        }
    }

    private void ReadGraph(long end, bool isOuter)
    {
        while (_reader.Next(end, out int field, out long fieldEnd))
        {
            switch (field)
            {
                case GraphNodes when fieldEnd >= 0:
                    ReadNode(fieldEnd);
                    break;
                case GraphInitializers when fieldEnd >= 0:
                    GraphTensor weight = GraphTensor.ReadWeight(_reader, fieldEnd);
                    _weights[weight.Name] = weight;
                    break;
                case GraphInputs when fieldEnd >= 0 && isOuter:
                    _inputs.Add(GraphTensor.ReadInput(_reader, fieldEnd));
                    break;
            }

            _reader.SkipTo(fieldEnd);
        }
    }

    private void ReadNode(long end)
    {
        string operation = "";
        string domain = "";
        var inputs = new List<string>();
        var outputs = new List<string>();
        var integers = new Dictionary<string, long>(StringComparer.Ordinal);
        while (_reader.Next(end, out int field, out long fieldEnd))
        {
            switch (field)
            {
                case NodeInputs when fieldEnd >= 0:
                    inputs.Add(_reader.ReadText(fieldEnd));
                    break;
                case NodeOutputs when fieldEnd >= 0:
                    outputs.Add(_reader.ReadText(fieldEnd));
                    break;
                case NodeDomain when fieldEnd >= 0:
                    domain = _reader.ReadText(fieldEnd);
                    break;
                case NodeOperator when fieldEnd >= 0:
                    operation = _reader.ReadText(fieldEnd);
                    break;
                case NodeAttributes when fieldEnd >= 0:
                    ReadAttribute(fieldEnd, integers);
                    break;
            }

            _reader.SkipTo(fieldEnd);
        }

        _nodes.Add(new GraphNode(operation, domain, inputs, outputs, integers));
    }

    private void ReadAttribute(long end, Dictionary<string, long> integers)
    {
        string name = "";
        while (_reader.Next(end, out int field, out long fieldEnd, out long value))
        {
            switch (field)
            {
                case AttributeName when fieldEnd >= 0:
                    name = _reader.ReadText(fieldEnd);
                    break;
                case AttributeInteger when fieldEnd < 0:
                    integers[name] = value;
                    break;
                case AttributeGraph or AttributeGraphs when fieldEnd >= 0:
                    ReadGraph(fieldEnd, isOuter: false);
                    break;
            }

            _reader.SkipTo(fieldEnd);
        }
    }
}
