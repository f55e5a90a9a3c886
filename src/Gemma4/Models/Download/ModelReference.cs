using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Models.Download;

/// <summary>A repository and a revision of it, written <c>owner/name</c> or <c>owner/name@revision</c>.</summary>
internal sealed record ModelReference(string Owner, string Name, string Revision)
{
    internal const string Shape = "'owner/name' or 'owner/name@revision'";
    private const int MaxNameLength = 96;
    private const int MaxRevisionLength = 200;

    internal string Repository => $"{Owner}/{Name}";

    internal bool IsCommit => IsCommitId(Revision);

    public override string ToString() => Revision == "main" ? Repository : $"{Repository}@{Revision}";

    internal static bool IsCommitId(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    internal static ModelReference Parse(string text) => TryParse(text, out ModelReference? reference)
        ? reference
        : throw new Gemma4DownloadException($"'{text}' is not a model's name. Write it as {ModelReference.Shape}.");

    internal static bool TryParse(string? text, [NotNullWhen(true)] out ModelReference? reference)
    {
        reference = null;
        string[] parts = (text ?? "").Split('@', 2);
        string[] names = parts[0].Split('/');
        string revision = parts.Length == 2 ? parts[1] : "main";
        if (names.Length != 2 || !names.All(IsName) || !IsRevision(revision))
        {
            return false;
        }

        reference = new ModelReference(names[0], names[1], revision);
        return true;
    }

    // The name becomes a part of addresses and folders: nothing that could lead out of either.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
        && name[0] is not ('.' or '-') && name[^1] is not '.'
        && !name.Contains("..", StringComparison.Ordinal) && !name.Contains("--", StringComparison.Ordinal);

    private static bool IsRevision(string revision) =>
        revision.Length is > 0 and <= MaxRevisionLength
        && revision.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/')
        && revision.Split('/').All(part => part.Length > 0 && part.Trim('.').Length > 0);
}
