using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// The beginning of a saved session. Then follow the tokens, the rows of each cache head by head, and a checksum of all.
/// Numbers are 32-bit and little-endian. The beginning has a checksum of its own, so that nothing is reserved on the
/// word of a damaged length.
/// </summary>
/// <param name="Length">Tokens held.</param>
/// <param name="Computed">Tokens whose rows follow; fewer after going back beyond the windows.</param>
/// <param name="Start">Position of the first row of windowed caches.</param>
internal sealed record SavedSession(int Length, int Computed, int Start)
{
    internal const int Version = 1;
    internal const int ChecksumBytes = SHA256.HashSizeInBytes;

    private const int NumbersPerCache = 5;

    // Not text, and damaged by whatever changes line ends.
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'G', (byte)'4', (byte)'S', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    internal void Write(SavedSessionWriter writer, DecoderGraph graph, byte[] fingerprint)
    {
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(fingerprint);
        writer.Write(Length);
        writer.Write(Computed);
        writer.Write(Start);
        writer.Write(Shapes(graph));
        writer.WriteChecksum();
    }

    /// <exception cref="Gemma4ModelException">It is not one, or not one of this model.</exception>
    internal static SavedSession Read(SavedSessionReader reader, DecoderGraph graph, byte[] fingerprint)
    {
        Span<byte> magic = stackalloc byte[Magic.Length];
        reader.Read(magic);
        if (!magic.SequenceEqual(Magic))
        {
            throw reader.Unfit("is not a saved session, or its beginning is damaged");
        }

        int version = reader.ReadNumber();
        if (version != Version)
        {
            throw reader.Unfit(string.Create(CultureInfo.InvariantCulture, $"has format version {version}; version {Version} is read"));
        }

        Span<byte> made = stackalloc byte[ModelFingerprint.Length];
        reader.Read(made);
        if (!made.SequenceEqual(fingerprint))
        {
            throw reader.Unfit($"was made with another model than '{graph.ModelPath}'");
        }

        SavedSession saved = new(reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
        byte[] expected = Shapes(graph);
        byte[] shapes = new byte[expected.Length];
        reader.Read(shapes);
        reader.CheckChecksum();
        if (!shapes.AsSpan().SequenceEqual(expected))
        {
            throw reader.Unfit($"has caches of other shapes than '{graph.ModelPath}'");
        }

        return saved.IsPossible(graph) ? saved : throw reader.Unfit("is damaged: its lengths contradict each other");
    }

    /// <summary>Bytes that follow the beginning.</summary>
    internal long BytesAfter(DecoderGraph graph) =>
        ((long)Length * sizeof(int)) + graph.Caches.Sum(cache => cache.BytesPerToken * RowsOf(cache)) + ChecksumBytes;

    private long RowsOf(CacheTensor cache) => cache.Window is null ? Computed : Computed - Start;

    private bool IsPossible(DecoderGraph graph) =>
        Length >= 0 && Computed >= 0 && Computed <= Length && Start >= 0 && Start <= Computed
        && (graph.Window is { } window
            ? Computed - Start <= window.Capacity && Computed >= window.EarliestLength(Start)
            : Start == 0 && Computed == Length);

    private static byte[] Shapes(DecoderGraph graph)
    {
        List<int> numbers = [graph.Caches.Count];
        foreach (CacheTensor cache in graph.Caches)
        {
            numbers.AddRange([(int)cache.ElementType, cache.Heads, cache.HeadSize, cache.Window?.Size ?? 0, cache.Window?.Slack ?? 0]);
        }

        byte[] bytes = new byte[(1 + (NumbersPerCache * graph.Caches.Count)) * sizeof(int)];
        for (int i = 0; i < numbers.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), numbers[i]);
        }

        return bytes;
    }
}
