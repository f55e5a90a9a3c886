namespace Gemma4.Models.Download;

/// <summary>A file that one download at a time holds open, across processes; the system lets go of it when the process dies.</summary>
internal sealed class DownloadLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly FileStream _file;

    private DownloadLock(FileStream file) => _file = file;

    // The file stays: deleting it would let a third process lock a new one beside a holder of the old one.
    public void Dispose() => _file.Dispose();

    internal static async Task<DownloadLock> TakeAsync(string path, DownloadSettings settings, Action onWait, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            onWait();
            await settings.Wait(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    internal static DownloadLock? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new DownloadLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
