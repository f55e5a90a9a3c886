using System.Text;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Writes small ONNX graphs by hand: enough to be loaded, or to point to weight files.</summary>
internal sealed class TestGraph
{
    internal const int Float = 1;
    internal const int Int64 = 7;
    internal const int Int32 = 6;
    internal const int Float16 = 10;

    private readonly List<byte[]> _fields = [];

    internal TestGraph Input(string name, int type, params string[] dimensions) => Value(11, name, type, dimensions);

    internal TestGraph Output(string name, int type, params string[] dimensions) => Value(12, name, type, dimensions);

    internal TestGraph Node(string op, string output, params string[] inputs) => Node("", op, [], [output], inputs);

    /// <summary>Joins along one axis.</summary>
    internal TestGraph Concat(string output, int axis, params string[] inputs) =>
        Node("", "Concat", [("axis", axis)], [output], inputs);

    internal TestGraph Node(
        string domain, string op, (string Name, long Value)[] attributes, string[] outputs, string[] inputs)
    {
        var node = new MemoryStream();
        foreach (string input in inputs)
        {
            Text(node, 1, input);
        }

        foreach (string output in outputs)
        {
            Text(node, 2, output);
        }

        Text(node, 4, op);
        foreach ((string name, long value) in attributes)
        {
            var attribute = new MemoryStream();
            Text(attribute, 1, name);
            Number(attribute, 3, value);
            Number(attribute, 20, 2);
            Message(node, 5, attribute);
        }

        if (domain.Length > 0)
        {
            Text(node, 7, domain);
        }

        Add(1, node);
        return this;
    }

    internal TestGraph Weight(string name, int type, int rows, int columns, byte[] values)
    {
        var tensor = new MemoryStream();
        Number(tensor, 1, rows);
        Number(tensor, 1, columns);
        Number(tensor, 2, type);
        Text(tensor, 8, name);
        Bytes(tensor, 9, values);
        Add(5, tensor);
        return this;
    }

    /// <summary>A weight of one axis.</summary>
    internal TestGraph Weight(string name, int type, int count, byte[] values)
    {
        var tensor = new MemoryStream();
        Number(tensor, 1, count);
        Number(tensor, 2, type);
        Text(tensor, 8, name);
        Bytes(tensor, 9, values);
        Add(5, tensor);
        return this;
    }

    internal TestGraph ExternalWeight(string name, string location, long offset, long length)
    {
        var tensor = new MemoryStream();
        Number(tensor, 1, length / sizeof(float));
        Number(tensor, 2, Float);
        Text(tensor, 8, name);
        foreach ((string key, string value) in new[] { ("location", location), ("offset", $"{offset}"), ("length", $"{length}") })
        {
            var entry = new MemoryStream();
            Text(entry, 1, key);
            Text(entry, 2, value);
            Message(tensor, 13, entry);
        }

        Number(tensor, 14, 1);
        Add(5, tensor);
        return this;
    }

    internal byte[] ToArray()
    {
        var opset = new MemoryStream();
        Number(opset, 2, 21);
        var model = new MemoryStream();
        Number(model, 1, 10);
        var graph = new MemoryStream();
        _fields.ForEach(field => graph.Write(field));
        Text(graph, 2, "test");
        Message(model, 7, graph);
        Message(model, 8, opset);
        var microsoft = new MemoryStream();
        Text(microsoft, 1, "com.microsoft");
        Number(microsoft, 2, 1);
        Message(model, 8, microsoft);
        return model.ToArray();
    }

    /// <summary>The graph as a field of a model, to be appended to a model that lies in a file.</summary>
    internal byte[] GraphField()
    {
        var graph = new MemoryStream();
        _fields.ForEach(field => graph.Write(field));
        var model = new MemoryStream();
        Message(model, 7, graph);
        return model.ToArray();
    }

    private TestGraph Value(int field, string name, int type, string[] dimensions)
    {
        var shape = new MemoryStream();
        foreach (string dimension in dimensions)
        {
            var axis = new MemoryStream();
            if (int.TryParse(dimension, out int size))
            {
                Number(axis, 1, size);
            }
            else
            {
                Text(axis, 2, dimension);
            }

            Message(shape, 1, axis);
        }

        var tensor = new MemoryStream();
        Number(tensor, 1, type);
        Message(tensor, 2, shape);
        var typeProto = new MemoryStream();
        Message(typeProto, 1, tensor);
        var value = new MemoryStream();
        Text(value, 1, name);
        Message(value, 2, typeProto);
        Add(field, value);
        return this;
    }

    private void Add(int field, MemoryStream message)
    {
        var stream = new MemoryStream();
        Message(stream, field, message);
        _fields.Add(stream.ToArray());
    }

    private static void Text(Stream stream, int field, string text) => Bytes(stream, field, Encoding.UTF8.GetBytes(text));

    private static void Message(Stream stream, int field, MemoryStream message) => Bytes(stream, field, message.ToArray());

    private static void Bytes(Stream stream, int field, byte[] bytes)
    {
        Varint(stream, ((ulong)field << 3) | 2);
        Varint(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    private static void Number(Stream stream, int field, long number)
    {
        Varint(stream, (ulong)field << 3);
        Varint(stream, (ulong)number);
    }

    private static void Varint(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            stream.WriteByte((byte)(value | 0x80));
        }

        stream.WriteByte((byte)value);
    }
}
