using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Mcp;

/// <summary>One tool of a server with its standing.</summary>
/// <param name="Pin">Its definition now; hand it to <see cref="McpToolPins.Approve"/> to approve it.</param>
/// <param name="State">How it stands to what was approved.</param>
/// <param name="Function">The tool to offer: clean of hidden characters, its results capped. Null unless it is approved.</param>
/// <param name="Description">The description that a person should read, hidden characters shown as <c>[U+XXXX]</c>.</param>
/// <param name="IsReadOnly">What the server says: it only reads. A hint, not a promise.</param>
/// <param name="IsDestructive">What the server says or, when it says nothing, true unless it only reads.</param>
/// <param name="IsIdempotent">What the server says: running it twice does what once does. A hint, not a promise.</param>
/// <param name="HasHiddenCharacters">Whether the definition held characters that a person would not see.</param>
public sealed record McpToolOffer(
    PinnedTool Pin,
    McpToolState State,
    AIFunction? Function,
    string Description,
    bool IsReadOnly,
    bool IsDestructive,
    bool IsIdempotent,
    bool HasHiddenCharacters);
