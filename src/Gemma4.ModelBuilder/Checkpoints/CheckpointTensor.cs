using System.Globalization;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>One stored tensor: where it lies and how to read it as 32-bit floats, row by row.</summary>
internal sealed class CheckpointTensor
{
    private readonly ITensorData _file;

    internal CheckpointTensor(
        ITensorData file, string name, string typeName, int[] shape, long offset, long length)
    {
        _file = file;
        Name = name;
        TypeName = typeName;
        Shape = shape;
        Offset = offset;
        Length = length;
        Type = typeName switch
        {
            "F32" => SafetensorsType.F32,
            "F16" => SafetensorsType.F16,
            "BF16" => SafetensorsType.BF16,
            _ => SafetensorsType.Other,
        };
    }

    public string Name { get; }

    public string TypeName { get; }

    public SafetensorsType Type { get; }

    public int[] Shape { get; }

    public long Offset { get; }

    public long Length { get; }

    public string FilePath => _file.Path;

    /// <summary>Rows: all dimensions but the last, or 1 for a vector.</summary>
    public int Rows => Shape.Length > 1 ? Shape[..^1].Aggregate(1, (rows, size) => checked(rows * size)) : 1;

    /// <summary>Values a row.</summary>
    public int Columns => Shape.Length > 0 ? Shape[^1] : 1;

    /// <summary>Reads whole rows into <paramref name="destination"/>, whose length must be count * Columns.</summary>
    public void ReadRows(int firstRow, Span<float> destination) =>
        _file.Read(this, (long)firstRow * Columns, destination);

    public float[] ReadAll()
    {
        var values = new float[Rows * Columns];
        ReadRows(0, values);
        return values;
    }

    public static string Describe(ReadOnlySpan<int> shape)
    {
        var parts = new string[shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            parts[i] = shape[i].ToString(CultureInfo.InvariantCulture);
        }

        return $"[{string.Join(", ", parts)}]";
    }
}
