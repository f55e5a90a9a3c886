using System.Text;
using System.Text.Json;
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

    private readonly RecentItems<(string Schema, bool IsStrict), Gemma4Constraint> _formats = new(MostGrammars);
    private readonly RecentItems<Key, CompiledGrammar> _grammars = new(MostGrammars);

    private sealed record Key(object Tokenizer, string Tools, string Mode, bool AllowMultiple, ThoughtPrefix Thought, bool IsStrict, Gemma4Constraint? Answer);

    /// <summary>What a response format demands. Equal schemas give the same object while they are among the last few.</summary>
    /// <exception cref="Gemma4ConstraintException">As for <see cref="Gemma4Constraint.JsonSchema(JsonElement, bool)"/>.</exception>
    public Gemma4Constraint FormatOf(JsonElement schema, bool isStrict) =>
        _formats.GetOrMake((schema.GetRawText(), isStrict), () => Gemma4Constraint.JsonSchema(schema, isStrict, closesObjects: true));

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
        Key key = new(model.Tokenizer, TextOf(settings.Tools), modeName, !settings.SingleToolCall, thought, settings.IsStrict, settings.Answer);
        return _grammars.GetOrMake(key, () => Compile(settings, model, mode, thought));
    }

    private CompiledGrammar Compile(RequestSettings settings, LoadedModel model, ChatToolMode mode, ThoughtPrefix thought)
    {
        int[] stopTokens = [.. model.Folder.StopTokenIds.Where(id => id < model.Tokenizer.VocabularySize)];
        CompiledGrammar grammar = ToolCallConstraint.Compile(model.Tokenizer, settings.Tools, mode, !settings.SingleToolCall, thought, stopTokens, settings.IsStrict, settings.Answer?.Root);
        foreach (string warning in (settings.Answer?.Warnings ?? []).Concat(grammar.Warnings))
        {
            Gemma4Log.NotEnforced(logger, warning);
        }

        return grammar;
    }

    private static string TextOf(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        StringBuilder text = new();
        foreach (AIFunctionDeclaration tool in tools)
        {
            text.Append(tool.Name).Append('\n');
            if (tool.JsonSchema.ValueKind != JsonValueKind.Undefined)
            {
                text.Append(tool.JsonSchema.GetRawText());
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
