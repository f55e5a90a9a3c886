namespace Gemma4.Models.Download;

/// <summary>All files of a repository at one commit.</summary>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files);
