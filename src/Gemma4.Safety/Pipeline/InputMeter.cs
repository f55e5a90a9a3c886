using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Counts what the model is given in one request. Safe for concurrent use: tools may run side by side.</summary>
internal sealed class InputMeter(RequestBudget budget, Func<string, int> countTokens)
{
    private long _characters;
    private long _tokens;

    private bool IsAsked => budget.MaxInputCharacters is not null || budget.MaxInputTokens is not null;

    /// <summary>Counts a request before anything reads it; the rule that it breaks, or null.</summary>
    public string? Spend(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        if (!IsAsked)
        {
            return null;
        }

        var texts = messages.SelectMany(message => message.Contents).Select(TextOf)
            .Append(options?.Instructions ?? "")
            .Concat((options?.Tools ?? []).Select(tool => tool is AIFunctionDeclaration function ? $"{function.Name}\n{function.Description}\n{function.JsonSchema}" : $"{tool.Name}\n{tool.Description}"));
        foreach (var text in texts)
        {
            if (Spend(text) is { } rule)
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Counts one text more; the rule that it breaks, or null.</summary>
    public string? Spend(string text)
    {
        if (!IsAsked)
        {
            return null;
        }

        // The characters first: they cost nothing to count.
        return Interlocked.Add(ref _characters, text.Length) > budget.MaxInputCharacters ? "budget/input-characters"
            : budget.MaxInputTokens is { } limit && Interlocked.Add(ref _tokens, countTokens(text)) > limit ? "budget/input-tokens"
            : null;
    }

    public string? SpendValue(object? value) => IsAsked ? Spend(ValueText.TextOf(value)) : null;

    private static string TextOf(AIContent content) => content switch
    {
        TextContent text => text.Text,
        TextReasoningContent thought => thought.Text,
        FunctionCallContent call => $"{call.Name}\n{ValueText.TextOf(call.Arguments)}",
        FunctionResultContent result => ValueText.TextOf(result.Result),
        _ => "",
    };
}
