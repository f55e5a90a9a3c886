using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>What a tool gave back.</summary>
internal sealed record PromptResult
{
    /// <summary>An object becomes fields; anything else stands in the field <c>value</c>.</summary>
    public required JsonElement Body { get; init; }

    /// <summary>True for a failure, which stands in the field <c>error</c>.</summary>
    public bool IsError { get; init; }

    /// <summary>Media parts of the result; their placeholders follow the response block.</summary>
    public IReadOnlyList<PromptPartKind> Media { get; init; } = [];
}
