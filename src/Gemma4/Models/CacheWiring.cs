namespace Gemma4.Models;

/// <summary>
/// Tells from a graph's nodes whether its caches may be written in place. Only GroupQueryAttention writes new rows into
/// the memory it reads the old ones from; every other construction returns a longer tensor.
/// </summary>
internal sealed class CacheWiring
{
    // Field numbers of onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int NodeInput = 1;
    private const int NodeOutput = 2;
    private const int NodeOperator = 4;
    private const int NodeAttribute = 5;
    private const int NodeDomain = 7;
    private const int AttributeGraph = 6;
    private const int AttributeGraphs = 11;

    // Operator slots of GroupQueryAttention: past key and value, and right after the result present key and value.
    private const int FirstPast = 3;
    private const int FirstPresent = 1;

    private readonly HashSet<(string Past, string Present)> _inPlace = [];
    private readonly HashSet<string> _readOtherwise = new(StringComparer.Ordinal);

    private CacheWiring()
    {
    }

    internal static CacheWiring Read(string graphPath)
    {
        var wiring = new CacheWiring();
        try
        {
            using var stream = new FileStream(graphPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            var reader = new ProtobufReader(stream);
            while (reader.Next(stream.Length, out int field, out long end))
            {
                if (field == ModelGraph && end >= 0)
                {
                    wiring.ReadGraph(reader, end);
                }

                reader.SkipTo(end);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException(
                $"'{graphPath}' cannot be read as an ONNX graph: {exception.Message}. Copy the file again or build the folder with 'gemma4 build'.",
                exception);
        }

        return wiring;
    }

    /// <summary>
    /// Whether past and present may be one buffer. Not when anything else reads the past: the shape of a shared buffer
    /// tells its capacity, not the tokens in it.
    /// </summary>
    internal bool IsInPlace(string past, string present) =>
        _inPlace.Contains((past, present)) && !_readOtherwise.Contains(past);

    private void ReadGraph(ProtobufReader reader, long end)
    {
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field == GraphNode && fieldEnd >= 0)
            {
                ReadNode(reader, fieldEnd);
            }

            reader.SkipTo(fieldEnd);
        }
    }

    private void ReadNode(ProtobufReader reader, long end)
    {
        List<string> inputs = [];
        List<string> outputs = [];
        string type = "";
        string domain = "";
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            switch (field)
            {
                case NodeInput:
                    inputs.Add(reader.ReadText(fieldEnd));
                    break;
                case NodeOutput:
                    outputs.Add(reader.ReadText(fieldEnd));
                    break;
                case NodeOperator:
                    type = reader.ReadText(fieldEnd);
                    break;
                case NodeDomain:
                    domain = reader.ReadText(fieldEnd);
                    break;
                case NodeAttribute:
                    ReadAttribute(reader, fieldEnd);
                    break;
            }

            reader.SkipTo(fieldEnd);
        }

        bool inPlace = type == "GroupQueryAttention" && domain == "com.microsoft";
        for (int slot = 0; slot < inputs.Count; slot++)
        {
            int part = slot - FirstPast;
            if (inPlace && part is 0 or 1 && FirstPresent + part < outputs.Count)
            {
                _inPlace.Add((inputs[slot], outputs[FirstPresent + part]));
            }
            else
            {
                _readOtherwise.Add(inputs[slot]);
            }
        }
    }

    private void ReadAttribute(ProtobufReader reader, long end)
    {
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field is AttributeGraph or AttributeGraphs && fieldEnd >= 0)
            {
                ReadGraph(reader, fieldEnd);
            }

            reader.SkipTo(fieldEnd);
        }
    }
}
