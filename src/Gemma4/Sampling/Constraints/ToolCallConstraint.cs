using System.Text.Json;
using Gemma4.Parsing;
using Gemma4.Sampling.Constraints.Grammars;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Sampling.Constraints.Schemas;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;
using ControlToken = Gemma4.Prompting.ControlToken;

namespace Gemma4.Sampling.Constraints;

/// <summary>Makes the grammar of a turn that may or must call declared functions, in the model's own notation.</summary>
internal sealed class ToolCallConstraint
{
    // More functions than this side by side would be as many readings; their names share beginnings.
    private const int MostBranches = 8;

    private readonly List<string> _warnings = [];
    private readonly ControlIds _controls;
    private readonly bool _isStrict;

    private ToolCallConstraint(ControlIds controls, bool isStrict)
    {
        _controls = controls;
        _isStrict = isStrict;
    }

    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="tools">The declared functions.</param>
    /// <param name="mode">Whether one must be called, and which.</param>
    /// <param name="allowMultiple">False lets the turn end after one call.</param>
    /// <param name="thought">Whether a thought comes first.</param>
    /// <param name="stopTokens">The tokens that end a turn.</param>
    /// <param name="isStrict">True refuses a schema that cannot be enforced as a whole.</param>
    /// <param name="answer">What a turn without a call must look like; null for any text, before calls too.</param>
    /// <exception cref="Gemma4ConstraintException">There is nothing to call, or a schema is refused.</exception>
    public static CompiledGrammar Compile(
        Gemma4Tokenizer tokenizer,
        IReadOnlyList<AIFunctionDeclaration> tools,
        ChatToolMode mode,
        bool allowMultiple,
        ThoughtPrefix thought,
        IReadOnlyList<int> stopTokens,
        bool isStrict = false,
        GrammarNode? answer = null)
    {
        var root = Build(ControlIds.Of(tokenizer), tools, mode, allowMultiple, thought, isStrict, out var warnings, answer);
        return new CompiledGrammar(root, ConstraintVocabulary.Of(tokenizer), [.. stopTokens], warnings);
    }

    /// <summary>The grammar alone, without a vocabulary.</summary>
    public static GrammarNode Build(
        ControlIds controls,
        IReadOnlyList<AIFunctionDeclaration> tools,
        ChatToolMode mode,
        bool allowMultiple,
        ThoughtPrefix thought,
        bool isStrict,
        out IReadOnlyList<string> warnings,
        GrammarNode? answer = null)
    {
        var constraint = new ToolCallConstraint(controls, isStrict);
        var root = ThoughtGrammar.Prefix(constraint.Turn(tools, mode, allowMultiple, answer), thought, controls);
        GrammarCheck.Run(root, "The grammar of the tool calls");
        warnings = constraint._warnings;
        return root;
    }

    private GrammarNode Turn(IReadOnlyList<AIFunctionDeclaration> tools, ChatToolMode mode, bool allowMultiple, GrammarNode? answer)
    {
        if (mode is NoneChatToolMode)
        {
            return answer ?? new FreeTextNode();
        }

        var name = (mode as RequiredChatToolMode)?.RequiredFunctionName;
        var chosen = new SortedDictionary<string, GrammarNode>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            if ((name is null || tool.Name == name) && !chosen.ContainsKey(tool.Name) && Arguments(tool) is { } arguments)
            {
                chosen.Add(tool.Name, arguments);
            }
        }

        if (chosen.Count == 0)
        {
            if (mode is not RequiredChatToolMode)
            {
                return answer ?? new FreeTextNode();
            }

            throw new Gemma4ConstraintException(name is null
                ? "A call is required, but no tool can be called. Declare a tool, or set ToolMode to Auto."
                : $"A call of '{name}' is required, but it is not among the tools that can be called. Declare it, or require another.");
        }

        var call = new SequenceNode(
            _controls.Node(ControlToken.CallStart),
            new BytesNode(ToolCallReader.CallPrefix),
            ByName([.. chosen], 0),
            _controls.Node(ControlToken.CallEnd));
        var most = allowMultiple ? RepeatNode.Unlimited : 1;
        return mode is RequiredChatToolMode ? new RepeatNode(call, 1, most)
            : answer is not null ? new ChoiceNode(answer, new RepeatNode(call, 1, most))
            : new SequenceNode(new FreeTextNode(), new RepeatNode(call, 0, most));
    }

    private GrammarNode? Arguments(AIFunctionDeclaration tool)
    {
        var report = new SchemaReport($"The tool '{tool.Name}'", _isStrict);
        var canCall = tool.Name.Length > 0 && ToolCallReader.IsNameStart(tool.Name[0])
            && !tool.Name.EndsWith(':') && tool.Name.All(ToolCallReader.IsNamePart);
        if (!canCall)
        {
            report.Weaken("its name", "the name holds characters that a call cannot have, so it is never called");
            _warnings.AddRange(report.Warnings);
            return null;
        }

        var schema = tool.JsonSchema.ValueKind == JsonValueKind.Undefined ? JsonElement.Parse("{}") : tool.JsonSchema;
        var quote = _controls.Node(ControlToken.Quote);
        var compiler = new SchemaCompiler(schema, report, new ConstraintBudget(), Notation.Calls(quote.Ids[0]));
        var root = compiler.CompileRoot(isObject: true);
        GrammarCheck.Run(root, report.Impossibility is { } fact ? $"{report.Subject} ({fact})" : report.Subject);
        _warnings.AddRange(report.Warnings);
        return root;
    }

    // Names as a tree of shared beginnings, so that a thousand functions are no thousand readings.
    private static GrammarNode ByName(KeyValuePair<string, GrammarNode>[] tools, int from)
    {
        if (tools.Length == 1)
        {
            return new SequenceNode(new BytesNode(tools[0].Key[from..]), tools[0].Value);
        }

        if (tools.Length <= MostBranches)
        {
            return new ChoiceNode([.. tools.Select(tool => ByName([tool], from))]);
        }

        var branches = new List<GrammarNode>();
        foreach (var group in tools.GroupBy(tool => tool.Key.Length > from ? char.ToString(tool.Key[from]) : ""))
        {
            KeyValuePair<string, GrammarNode>[] members = [.. group];
            branches.Add(group.Key.Length == 0 || char.IsSurrogate(group.Key[0])
                ? new ChoiceNode([.. members.Select(tool => ByName([tool], from))])
                : new SequenceNode(new BytesNode(group.Key), ByName(members, from + 1)));
        }

        return new ChoiceNode([.. branches]);
    }
}
