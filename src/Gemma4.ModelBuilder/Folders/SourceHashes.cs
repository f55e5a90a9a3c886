using System.Security.Cryptography;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>Hashes the files of a checkpoint while the build reads them, so that both passes share the page cache.</summary>
internal sealed class SourceHashes : IDisposable
{
    private const int BufferSize = 1 << 20;

    private readonly CancellationTokenSource _cancellation;
    private readonly Task<List<SourceFile>> _work;

    private SourceHashes(string[] files, CancellationToken cancellationToken)
    {
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A thread of its own: the copying fills the pool.
        _work = Task.Factory.StartNew(
            () => Hash(files, _cancellation.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    public static SourceHashes Start(string[] files, CancellationToken cancellationToken) =>
        new(files, cancellationToken);

    /// <summary>Name and hash of each file, in the order given.</summary>
    public Task<List<SourceFile>> ResultAsync() => _work;

    public void Dispose()
    {
        _cancellation.Cancel();
        // Its failure belongs to whoever asked for the result.
        _work.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
            .GetAwaiter().GetResult();
        _cancellation.Dispose();
    }

    private static List<SourceFile> Hash(string[] files, CancellationToken cancellationToken)
    {
        var hashes = new List<SourceFile>();
        var buffer = new byte[BufferSize];
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }

            hashes.Add(new SourceFile(Path.GetFileName(file), Convert.ToHexStringLower(hash.GetHashAndReset())));
        }

        return hashes;
    }
}
