using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Gemma4.Models.Download;

/// <summary>Fetches one file: continues a beginning, checks every claim of the server, verifies, tries again.</summary>
internal sealed class FileFetch(
    HubClient hub, ModelReference model, string commit, StagingFolder staging, RetryPolicy retry, ProgressMeter meter, DownloadSettings settings)
{
    private const int BufferSize = 128 * 1024;
    private const long Progress = 1 << 20;

    internal async Task RunAsync(HubFile file, CancellationToken cancellationToken)
    {
        string what = $"'{file.Path}' of '{model}'";
        try
        {
            if (await IsDoneAsync(file, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            int failures = 0;
            long farthest = 0;
            bool useRanges = true;
            while (true)
            {
                Attempt attempt = new();
                try
                {
                    await AttemptAsync(file, attempt, useRanges, cancellationToken).ConfigureAwait(false);
                    meter.FileDone();
                    return;
                }
                catch (TransferFault fault)
                {
                    // A long file over a bad line may need many attempts; one that gets no farther needs an end.
                    bool advanced = !fault.Corrupt && attempt.Position >= farthest + Progress;
                    farthest = Math.Max(farthest, attempt.Position);
                    failures = advanced ? 1 : failures + 1;
                    useRanges = !fault.DistrustRanges && !fault.Corrupt;
                    await retry.WaitAsync(what, failures, fault, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4DownloadException(
                $"{what} cannot be written to '{staging.Directory}': {exception.Message} Make room or take another folder; the download continues where it stopped.", exception);
        }
    }

    private async Task<bool> IsDoneAsync(HubFile file, CancellationToken cancellationToken)
    {
        string done = staging.DonePath(file);
        if (!File.Exists(done))
        {
            return false;
        }

        if (!await ContentHash.MatchesAsync(done, file, cancellationToken).ConfigureAwait(false))
        {
            File.Delete(done);
            return false;
        }

        meter.Moved(file.Size, received: false);
        meter.FileDone();
        return true;
    }

    private async Task AttemptAsync(HubFile file, Attempt attempt, bool useRanges, CancellationToken cancellationToken)
    {
        string part = staging.PartPath(file);
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        FileStream stream = new(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1, FileOptions.Asynchronous);
        bool whole = false;
        try
        {
            attempt.Output = stream;
            attempt.Hash = new ContentHash(file);
            if (!useRanges || stream.Length > file.Size || !staging.IsPartOf(file))
            {
                stream.SetLength(0);
            }

            await attempt.Hash.AppendAsync(stream, stream.Length, cancellationToken).ConfigureAwait(false);
            meter.Moved(attempt.Position, received: false);
            while (attempt.Position < file.Size)
            {
                await RequestAsync(file, attempt, cancellationToken).ConfigureAwait(false);
            }

            if (!attempt.Hash.Matches())
            {
                throw new TransferFault("the content does not have the listed hash.") { Corrupt = true };
            }

            stream.Flush(flushToDisk: true);
            whole = true;
        }
        catch (TransferFault fault) when (fault.Corrupt)
        {
            Restart(file, attempt);
            throw;
        }
        finally
        {
            if (!whole)
            {
                meter.Moved(-attempt.Position, received: false);
            }

            attempt.Hash?.Dispose();
            attempt.Position = stream.Length;
            await stream.DisposeAsync().ConfigureAwait(false);
        }

        string done = staging.DonePath(file);
        Directory.CreateDirectory(Path.GetDirectoryName(done)!);
        File.Move(part, done, overwrite: true);
    }

    private async Task RequestAsync(HubFile file, Attempt attempt, CancellationToken cancellationToken)
    {
        long asked = attempt.Position;
        using HttpResponseMessage response = await hub
            .OpenAsync(model, commit, file, asked, staging.ETag(file), cancellationToken).ConfigureAwait(false);
        string? etag = response.Headers.ETag?.ToString();
        HttpContentHeaders headers = response.Content.Headers;
        if (headers.ContentEncoding.Any(encoding => encoding != "identity"))
        {
            throw new TransferFault($"the server compresses ({string.Join(',', headers.ContentEncoding)}) what it was asked to send plain.");
        }

        long end;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                // Not the range but the whole file: the server knows no ranges, or the content changed.
                Restart(file, attempt);
                end = file.Size;
                break;
            case HttpStatusCode.PartialContent:
                end = CheckRange(file, asked, headers.ContentRange);
                if (asked > 0 && etag is not null && staging.ETag(file) is { } known && known != etag)
                {
                    throw new TransferFault($"the content changed between two attempts (entity tag {known}, then {etag}).") { Corrupt = true };
                }

                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                throw new TransferFault("the server has fewer bytes than the beginning that is already here.") { Corrupt = true };
            default:
                throw HubFailure.From(response, $"'{file.Path}'", model, settings);
        }

        if (headers.ContentLength is { } length && length != end - attempt.Position)
        {
            throw new TransferFault($"the server announces {length} bytes instead of {end - attempt.Position}.");
        }

        if (attempt.Position == 0)
        {
            staging.Begin(file, etag);
        }

        await CopyAsync(response, attempt, end, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The offset after the last byte of the answer.</summary>
    private static long CheckRange(HubFile file, long asked, ContentRangeHeaderValue? range)
    {
        bool isRight = range is { Unit: "bytes", From: { } from, To: { } to }
            && from == asked && to >= from && to < file.Size && (range.Length is null || range.Length == file.Size);
        return isRight
            ? range!.To!.Value + 1
            : throw new TransferFault($"the server answers the range from {asked} of {file.Size} with '{range}'.") { DistrustRanges = true };
    }

    private async Task CopyAsync(HttpResponseMessage response, Attempt attempt, long end, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        using CancellationTokenSource silence = new(settings.Silence, settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            Stream body = await Read(response.Content.ReadAsStreamAsync(both.Token), cancellationToken).ConfigureAwait(false);
            while (true)
            {
                silence.CancelAfter(settings.Silence);
                int read = await Read(body.ReadAsync(buffer, both.Token).AsTask(), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                if (attempt.Position + read > end)
                {
                    throw new TransferFault("the server sends more bytes than it announced.") { Corrupt = true };
                }

                await attempt.Output!.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                attempt.Hash!.Append(buffer.AsSpan(0, read));
                meter.Moved(read, received: true);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (attempt.Position < end)
        {
            throw new TransferFault($"the connection ended {end - attempt.Position} bytes too early.");
        }
    }

    // Only what the network throws may count as its fault; a full disk throws IOException too.
    private static async Task<T> Read<T>(Task<T> reading, CancellationToken cancellationToken)
    {
        try
        {
            return await reading.ConfigureAwait(false);
        }
        catch (Exception exception) when (HubClient.IsNetwork(exception, cancellationToken))
        {
            throw HubClient.Network(exception);
        }
    }

    private void Restart(HubFile file, Attempt attempt)
    {
        meter.Moved(-attempt.Position, received: false);
        attempt.Output!.SetLength(0);
        attempt.Hash!.Dispose();
        attempt.Hash = new ContentHash(file);
    }

    /// <summary>What one attempt has open.</summary>
    private sealed class Attempt
    {
        private long _left;

        public FileStream? Output { get; set; }

        public ContentHash? Hash { get; set; }

        /// <summary>Bytes of the file that are on disk.</summary>
        public long Position
        {
            get => Output is { CanWrite: true } open ? open.Position : _left;
            set => _left = value;
        }
    }
}
