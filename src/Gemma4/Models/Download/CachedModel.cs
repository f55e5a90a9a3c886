namespace Gemma4.Models.Download;

/// <summary>One model folder in the cache.</summary>
/// <param name="Model">Repository, <c>owner/name</c>.</param>
/// <param name="Revision">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">The commit it stood for.</param>
/// <param name="Variant">The variant's name, <c>selection</c> for files chosen by patterns.</param>
/// <param name="Bytes">Size on disk.</param>
/// <param name="LastUsed">When it was last fetched or loaded by name.</param>
/// <param name="Directory">Full path.</param>
/// <param name="IsComplete">False for an interrupted download, which the next one continues.</param>
public sealed record CachedModel(
    string Model,
    string Revision,
    string Commit,
    string Variant,
    long Bytes,
    DateTimeOffset LastUsed,
    string Directory,
    bool IsComplete);
