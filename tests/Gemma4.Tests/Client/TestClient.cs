using Gemma4.Nano;
using Gemma4.Testing;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Tests.Client;

/// <summary>The real client, prompt, tokenizer, sampler and parser over an engine that replays raw model output.</summary>
internal static class TestClient
{
    public const string ModelId = "gemma4-nano";

    public const int ContextTokens = 512;

    private static readonly Lazy<Gemma4Tokenizer> Tokenizer = new(() => Gemma4Tokenizer.Load(NanoModel.Directory));

    public static IChatClient Create(params string[] responses) => Create(_ => { }, responses);

    /// <summary>The n-th response answers the prompt with n tool results.</summary>
    public static IChatClient Create(Action<Gemma4Options> configure, params string[] responses)
    {
        int[][] scripts = [.. responses.Select(response => Tokenizer.Value.EncodeTemplate(response))];
        Gemma4Options options = new() { EngineFactory = folder => new ScriptedEngine(folder.VocabularySize, ContextTokens, tokens => Next(tokens, scripts)) };
        options.UseNano();
        configure(options);
        return new Gemma4ChatClient(options);
    }

    private static int Next(IReadOnlyList<int> tokens, int[][] scripts)
    {
        const int ToolResponseEnd = 51, TurnStart = 105, TurnEnd = 106;
        int results = 0;
        int start = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i] == ToolResponseEnd)
            {
                results++;
                start = i + 1;
            }
            else if (tokens[i] == TurnStart)
            {
                start = i + 3; // the marker, the role, a line feed
            }
        }

        // A prompt may come in pieces; what its middle answers nobody reads.
        int[] script = scripts[Math.Min(results, scripts.Length - 1)];
        int position = tokens.Count - start;
        return position >= 0 && position < script.Length ? script[position] : TurnEnd;
    }
}
