using System.Globalization;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>Refuses a build that cannot fit before its first weight is written.</summary>
internal static class DiskSpace
{
    // model.onnx, the tokenizer and the configuration files beside the weights.
    private const long SmallFiles = 64 << 20;

    public static void Check(string directory, long weightBytes, Func<string, long?> freeSpace)
    {
        var needed = weightBytes + SmallFiles;
        if (freeSpace(directory) is { } free && free < needed)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model needs {needed:N0} bytes, but the disk of '{directory}' has {free:N0} free. "
                + $"Free {needed - free:N0} bytes, name a folder on another disk, or choose a smaller precision."));
        }
    }

    public static long? Free(string directory)
    {
        try
        {
            // Elsewhere than on Windows any path names its volume.
            var volume = OperatingSystem.IsWindows() ? Path.GetPathRoot(directory)! : directory;
            return new DriveInfo(volume).AvailableFreeSpace;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            // A network share may not say; then the write itself finds out.
            return null;
        }
    }
}
