using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gemma4.Models.Download;

/// <summary>The hash by which a listing names a file's content, computed while the bytes arrive.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly HubFile _file;
    private readonly IncrementalHash _hash;

    internal ContentHash(HubFile file)
    {
        _file = file;
        bool isBlob = file.Hash.Length == 40;
        _hash = IncrementalHash.CreateHash(isBlob ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isBlob)
        {
            // Git hashes a blob behind a header with its length.
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }
    }

    public void Dispose() => _hash.Dispose();

    internal static async Task<bool> MatchesAsync(string path, HubFile file, CancellationToken cancellationToken)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (stream.ConfigureAwait(false))
        {
            if (stream.Length != file.Size)
            {
                return false;
            }

            using ContentHash hash = new(file);
            await hash.AppendAsync(stream, file.Size, cancellationToken).ConfigureAwait(false);
            return hash.Matches();
        }
    }

    internal void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Reads <paramref name="count"/> bytes from the stream's position.</summary>
    internal async Task AppendAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[256 * 1024];
        while (count > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException("The file became shorter while it was read.");
            }

            Append(buffer.AsSpan(0, read));
            count -= read;
        }
    }

    internal bool Matches() => Convert.ToHexStringLower(_hash.GetHashAndReset()) == _file.Hash;
}
