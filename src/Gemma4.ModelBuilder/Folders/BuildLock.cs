namespace Gemma4.ModelBuilder.Folders;

/// <summary>
/// Tells a running build from what a killed one left: the system gives the lock free with the process, whatever its end.
/// </summary>
internal sealed class BuildLock : IDisposable
{
    // What the systems call "somebody else has it": EAGAIN of Linux, EWOULDBLOCK of macOS, a Windows sharing violation.
    private static readonly int[] TakenCodes = [11, 35, unchecked((int)0x80070020)];

    // EROFS of Linux and macOS.
    private const int ReadOnlyCode = 30;

    private readonly FileStream _file;

    private BuildLock(FileStream file) => _file = file;

    public static BuildLock Take(string path, string outputDirectory)
    {
        try
        {
            return new BuildLock(new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or IOException { HResult: ReadOnlyCode })
        {
            throw new IOException($"'{outputDirectory}' cannot be made: its parent folder is not writable. Name a folder elsewhere.", e);
        }
        catch (IOException e) when (TakenCodes.Contains(e.HResult))
        {
            throw new IOException(
                $"Another build is writing '{outputDirectory}' at this moment. Wait for its end, or name another folder.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
