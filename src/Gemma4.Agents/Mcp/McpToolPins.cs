using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Agents.Execution;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Gemma4.Agents.Mcp;

/// <summary>
/// Which tools of servers may be offered: only those whose whole definition is the one that was approved. A server that
/// changes a description, a schema or a hint loses the tool until someone approves it again. Safe for concurrent use.
/// </summary>
public sealed class McpToolPins
{
    // What a description may hide in, and what a small window can bear.
    private const int DefaultResultCharacters = 16_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Server, string Tool), string> _hashes = [];

    /// <summary>Makes a list of pins.</summary>
    /// <param name="pins">What was approved before, such as from a file; null means nothing.</param>
    public McpToolPins(IEnumerable<PinnedTool>? pins = null)
    {
        foreach (PinnedTool pin in pins ?? [])
        {
            Approve(pin);
        }
    }

    /// <summary>Names of the tools that may be offered at all, the same for every server; null means any.</summary>
    public IReadOnlySet<string>? AllowedTools { get; init; }

    /// <summary>Most characters of one text in a result; at least 16. Default 16,000.</summary>
    public int ResultCharacters
    {
        get;
        init => field = value >= ResultShaper.LeastTokens ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A result needs room for 16 characters or more.");
    } = DefaultResultCharacters;

    /// <summary>What is approved, to be kept between runs; a copy.</summary>
    public IReadOnlyList<PinnedTool> Pins
    {
        get
        {
            lock (_gate)
            {
                return [.. _hashes.Select(entry => new PinnedTool(entry.Key.Server, entry.Key.Tool, entry.Value))];
            }
        }
    }

    /// <summary>Approves a definition; an older one of the same tool ends.</summary>
    public void Approve(PinnedTool pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        lock (_gate)
        {
            _hashes[(pin.Server, pin.Tool)] = pin.Hash;
        }
    }

    /// <summary>Looks at the tools that a server lists now.</summary>
    /// <param name="server">The server's name, chosen by the application.</param>
    /// <param name="tools">What <c>ListToolsAsync</c> gave.</param>
    public IReadOnlyList<McpToolOffer> Review(string server, IEnumerable<McpClientTool> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        return [.. tools.Select(tool => Review(server, tool.ProtocolTool, tool))];
    }

    /// <summary>The tools of a server that are approved as they are now.</summary>
    /// <inheritdoc cref="Review(string, IEnumerable{McpClientTool})"/>
    public IReadOnlyList<AIFunction> Offer(string server, IEnumerable<McpClientTool> tools) =>
        [.. Review(server, tools).Select(offer => offer.Function).OfType<AIFunction>()];

    internal McpToolOffer Review(string server, Tool definition, AIFunction function)
    {
        ArgumentException.ThrowIfNullOrEmpty(server);
        PinnedTool pin = new(server, definition.Name, Hash(definition));
        McpToolState state = StateOf(pin);
        bool isReadOnly = definition.Annotations?.ReadOnlyHint == true;
        string texts = $"{definition.Name}{definition.Title}{definition.Description}{Decoded(definition.InputSchema)}";
        return new McpToolOffer(
            pin,
            state,
            state == McpToolState.Approved ? new McpFunction(function, ResultCharacters) : null,
            HiddenCharacters.Show(definition.Description ?? ""),
            isReadOnly,
            definition.Annotations?.DestructiveHint ?? !isReadOnly,
            definition.Annotations?.IdempotentHint == true,
            HiddenCharacters.Any(texts));
    }

    private McpToolState StateOf(PinnedTool pin)
    {
        if (AllowedTools?.Contains(pin.Tool) == false)
        {
            return McpToolState.NotAllowed;
        }

        lock (_gate)
        {
            return !_hashes.TryGetValue((pin.Server, pin.Tool), out string? approved) ? McpToolState.New
                : approved == pin.Hash ? McpToolState.Approved
                : McpToolState.Changed;
        }
    }

    private static string Hash(Tool tool) => CanonicalCall.Hash(CanonicalCall.Sorted(new JsonObject
    {
        ["name"] = tool.Name,
        ["title"] = tool.Title,
        ["description"] = tool.Description,
        ["input"] = JsonNode.Parse(tool.InputSchema.GetRawText()),
        ["output"] = tool.OutputSchema is { } output ? JsonNode.Parse(output.GetRawText()) : null,
        ["hints"] = new JsonArray(tool.Annotations?.Title, tool.Annotations?.ReadOnlyHint, tool.Annotations?.DestructiveHint, tool.Annotations?.IdempotentHint, tool.Annotations?.OpenWorldHint),
    })!.ToJsonString());

    private static string Decoded(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => string.Concat(json.EnumerateObject().Select(member => member.Name + Decoded(member.Value))),
        JsonValueKind.Array => string.Concat(json.EnumerateArray().Select(Decoded)),
        JsonValueKind.String => json.GetString()!,
        _ => "",
    };
}
