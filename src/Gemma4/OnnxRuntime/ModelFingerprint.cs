using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gemma4.Models;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// A hash that tells one model from another without reading all its weights: the graphs whole, and of every weight in
/// another file its place and its beginning, so that training any layer further shows.
/// </summary>
internal static class ModelFingerprint
{
    internal const int Length = SHA256.HashSizeInBytes;

    // A page of every tensor: some megabytes for thousands of them.
    private const int SampleBytes = 4096;

    /// <param name="graphPaths">The graphs that run.</param>
    /// <exception cref="Gemma4ModelException">A file cannot be read.</exception>
    internal static byte[] Compute(IEnumerable<string> graphPaths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in graphPaths)
        {
            try
            {
                AddGraph(hash, path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new Gemma4ModelException($"The model '{path}' cannot be identified: {exception.Message} Keep its files where they were loaded from.", exception);
            }
        }

        return hash.GetHashAndReset();
    }

    private static void AddGraph(IncrementalHash hash, string path)
    {
        using (FileStream graph = File.OpenRead(path))
        {
            hash.AppendData(SHA256.HashData(graph));
        }

        byte[] sample = new byte[SampleBytes];
        foreach (IGrouping<string, GraphTensor> weights in GraphFile.Read(path).Weights.Values
            .Where(weight => weight.Location is not null)
            .GroupBy(weight => weight.Location!, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            using var file = File.OpenHandle(Path.Combine(Path.GetDirectoryName(path)!, weights.Key));
            Add(hash, string.Create(CultureInfo.InvariantCulture, $"{weights.Key}\n{RandomAccess.GetLength(file)}\n"));
            foreach (GraphTensor weight in weights.OrderBy(weight => weight.Offset).ThenBy(weight => weight.Length))
            {
                Add(hash, string.Create(CultureInfo.InvariantCulture, $"{weight.Offset} {weight.Length}\n"));
                int read = RandomAccess.Read(file, sample.AsSpan(0, (int)Math.Min(SampleBytes, weight.Length)), weight.Offset);
                hash.AppendData(sample.AsSpan(0, read));
            }
        }
    }

    private static void Add(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
