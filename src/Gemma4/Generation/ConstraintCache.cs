using System.Text;
using Gemma4.Models;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Gemma4.Generation;

/// <summary>
/// Finds what constrains a response, and keeps the last few grammars with the masks they have learned: the rounds of an
/// agent declare the same tools again and again. Safe for concurrent use.
/// </summary>
internal sealed class ConstraintCache(ILogger logger)
{
    // An application has a handful of tool sets; a grammar holds at most some 64 MB of masks.
    private const int MostGrammars = 8;

    private readonly Lock _lock = new();
    private readonly LinkedList<(Key Key, CompiledGrammar Grammar)> _recent = new();

    private sealed record Key(object Tokenizer, string Tools, string Mode, bool AllowMultiple, ThoughtPrefix Thought, bool IsStrict, object? Answer);

    /// <summary>The grammar of the response, or null where everything is allowed.</summary>
    /// <exception cref="Gemma4ConstraintException">A tool's schema admits nothing, is too large, or cannot be enforced strictly.</exception>
    public CompiledGrammar? Find(RequestSettings settings, LoadedModel model, bool endsInsideThought)
    {
        if (settings.Tools.Count == 0 && settings.Answer is null)
        {
            return null;
        }

        bool isFreeText = settings.Answer is null && settings.ToolMode is not RequiredChatToolMode;
        // Where text is free, a model may open a thought that nobody asked for; elsewhere that would be a way round.
        ThoughtPrefix thought = endsInsideThought ? ThoughtPrefix.Open
            : settings.EnableThinking || isFreeText ? ThoughtPrefix.Allowed
            : ThoughtPrefix.None;
        ChatToolMode mode = settings.ToolMode ?? ChatToolMode.Auto;
        string modeName = mode is RequiredChatToolMode required ? "required " + required.RequiredFunctionName : mode.GetType().Name;
        Key key = new(model.Tokenizer, TextOf(settings.Tools), modeName, !settings.SingleToolCall, thought, settings.IsStrict, (object?)settings.AnswerKey ?? settings.Answer);
        lock (_lock)
        {
            for (LinkedListNode<(Key Key, CompiledGrammar Grammar)>? node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Key == key)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value.Grammar;
                }
            }
        }

        int[] stopTokens = [.. model.Folder.StopTokenIds.Where(id => id < model.Tokenizer.VocabularySize)];
        CompiledGrammar grammar = ToolCallConstraint.Compile(model.Tokenizer, settings.Tools, mode, !settings.SingleToolCall, thought, stopTokens, settings.IsStrict, settings.Answer?.Root);
        foreach (string warning in (settings.Answer?.Warnings ?? []).Concat(grammar.Warnings))
        {
            Gemma4Log.NotEnforced(logger, warning);
        }

        lock (_lock)
        {
            _recent.AddFirst((key, grammar));
            if (_recent.Count > MostGrammars)
            {
                _recent.RemoveLast();
            }
        }

        return grammar;
    }

    private static string TextOf(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        StringBuilder text = new();
        foreach (AIFunctionDeclaration tool in tools)
        {
            text.Append(tool.Name).Append('\n');
            if (tool.JsonSchema.ValueKind != System.Text.Json.JsonValueKind.Undefined)
            {
                text.Append(tool.JsonSchema.GetRawText());
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
