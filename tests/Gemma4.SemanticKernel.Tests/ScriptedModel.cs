using Gemma4.Nano;
using Gemma4.Testing;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>
/// The real client over an engine that answers by what stands in the prompt: enough of a model for the questions of the
/// conformance suite.
/// </summary>
internal static class ScriptedModel
{
    private const int ContextTokens = 8192;
    private const int ToolResponseEnd = 51, TurnStart = 105, TurnEnd = 106;

    private static readonly Lazy<Gemma4Tokenizer> Tokenizer = new(() => Gemma4Tokenizer.Load(NanoModel.Directory));
    private static readonly Lazy<int[]> Call = new(() => Tokenizer.Value.EncodeTemplate("<|tool_call>call:add{a:17,b:25}<tool_call|>"));
    private static readonly Lazy<int[]> Result = new(() => Tokenizer.Value.EncodeTemplate("The result is 42.<turn|>"));
    private static readonly Lazy<int[]> Capital = new(() => Tokenizer.Value.EncodeTemplate("The capital of France is Paris.<turn|>"));

    public static IChatClient Create() => new Gemma4ChatClient(new Gemma4Options
    {
        ModelId = "scripted-model",
        ModelPath = NanoModel.Directory,
        EngineFactory = folder => new ScriptedEngine(folder.VocabularySize, ContextTokens, Next),
    });

    private static int Next(IReadOnlyList<int> tokens)
    {
        int[] all = [.. tokens];
        int turn = Array.LastIndexOf(all, TurnStart);
        int response = Array.LastIndexOf(all, ToolResponseEnd);
        bool hasResult = response > turn;
        int start = hasResult ? response + 1 : turn + 3; // the marker, the role, a line feed
        int user = turn > 0 ? Array.LastIndexOf(all, TurnStart, turn - 1) : -1;
        bool isSum = user >= 0 && Contains(all.AsSpan(user, turn - user), "17 plus 25") && Contains(all, "declaration:add");
        int[] script = hasResult ? Result.Value : isSum ? Call.Value : Capital.Value;
        int position = all.Length - start;
        return position >= 0 && position < script.Length ? script[position] : TurnEnd;
    }

    private static bool Contains(ReadOnlySpan<int> tokens, string text) => Tokenizer.Value.Decode(tokens).Contains(text, StringComparison.Ordinal);
}
