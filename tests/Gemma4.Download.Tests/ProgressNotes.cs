using Gemma4.Models.Download;

namespace Gemma4.Download.Tests;

/// <summary>Keeps every report and may act on it.</summary>
internal sealed class ProgressNotes(Action<ModelDownloadProgress> act) : IProgress<ModelDownloadProgress>
{
    internal List<ModelDownloadProgress> Heard { get; } = [];

    public void Report(ModelDownloadProgress value)
    {
        Heard.Add(value);
        act(value);
    }
}
