namespace Gemma4.Models.Download;

/// <summary>What a download does at the moment.</summary>
public enum ModelDownloadPhase
{
    /// <summary>Asks the hub for the revision and its files.</summary>
    Listing,

    /// <summary>Waits for another process that fetches the same model.</summary>
    WaitingForOther,

    /// <summary>Fetches and verifies files.</summary>
    Downloading,

    /// <summary>Everything is there.</summary>
    Done,
}
