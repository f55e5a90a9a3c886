namespace Gemma4.Models.Download;

/// <summary>How far a download is.</summary>
/// <param name="Phase">What happens at the moment.</param>
/// <param name="BytesDone">Bytes on disk, those of earlier attempts included. Falls when a damaged file starts anew.</param>
/// <param name="BytesTotal">Bytes of all chosen files; 0 before the listing is known.</param>
/// <param name="FilesDone">Files complete and verified.</param>
/// <param name="FilesTotal">Chosen files; 0 before the listing is known.</param>
/// <param name="BytesPerSecond">Bytes received per second, over the last ten seconds.</param>
/// <param name="Remaining">Time left at that speed; null while nothing arrives.</param>
public readonly record struct ModelDownloadProgress(
    ModelDownloadPhase Phase,
    long BytesDone,
    long BytesTotal,
    int FilesDone,
    int FilesTotal,
    double BytesPerSecond,
    TimeSpan? Remaining);
