using System.Globalization;

namespace Gemma4.Models;

/// <summary>
/// Finds the weight files that an ONNX graph points to and checks that they are there and long enough. A damaged
/// download is then reported at once and by name, not after seconds of loading.
/// </summary>
internal static class ExternalData
{
    internal static void Check(string graphPath)
    {
        var needed = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (GraphTensor weight in GraphFile.Read(graphPath).Weights.Values)
        {
            if (weight.Location is { } location)
            {
                needed[location] = Math.Max(needed.GetValueOrDefault(location), weight.Offset + weight.Length);
            }
        }

        foreach ((string location, long bytes) in needed)
        {
            CheckFile(graphPath, location, bytes);
        }
    }

    private static void CheckFile(string graphPath, string location, long bytes)
    {
        string path = Path.Combine(Path.GetDirectoryName(graphPath)!, location);
        if (!File.Exists(path))
        {
            throw new Gemma4ModelException(
                $"'{path}' not found: '{Path.GetFileName(graphPath)}' keeps its weights there. Copy the file next to the graph.");
        }

        long length = LengthOf(path);
        if (length < bytes)
        {
            throw new Gemma4ModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has {length} bytes but '{Path.GetFileName(graphPath)}' needs {bytes}: it is cut off. Copy the file again."));
        }
    }

    // Opened, because the length of a link is not the length of what it points to.
    private static long LengthOf(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            return RandomAccess.GetLength(handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException($"'{path}' cannot be opened: {exception.Message} Check that the file can be read.", exception);
        }
    }
}
