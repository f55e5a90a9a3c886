using System.Text.Json;
using Gemma4.Agents.Execution;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Mcp;

/// <summary>A server's tool with clean texts and capped results.</summary>
internal sealed class McpFunction(AIFunction inner, int resultCharacters) : DelegatingAIFunction(inner)
{
    private readonly JsonElement _schema = CleanSchema.Of(inner.JsonSchema);

    public override string Description { get; } = HiddenCharacters.Strip(inner.Description);

    public override JsonElement JsonSchema => _schema;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        object? result = await base.InvokeCoreAsync(arguments, cancellationToken).ConfigureAwait(false);
        return result is AIContent or IEnumerable<AIContent>
            ? Capped(result)
            : ResultShaper.Cut(HiddenCharacters.Strip(CanonicalCall.OfResult(result)), resultCharacters, text => text.Length, handle: null);
    }

    // The cap holds for each text; other contents are the server's pictures and sounds.
    private object Capped(object result) => result switch
    {
        TextContent text => new TextContent(ResultShaper.Cut(HiddenCharacters.Strip(text.Text), resultCharacters, value => value.Length, handle: null)),
        IEnumerable<AIContent> contents => contents.Select(content => (AIContent)Capped(content)).ToList(),
        _ => result,
    };
}
