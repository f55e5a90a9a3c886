using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gemma4.Generation;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Gemma4.Nano;
using Gemma4.OnnxRuntime;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Tests.Sampling.Constraints;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks;

/// <summary>Whether what a request demands comes out, and whether demanding it makes the answers worse.</summary>
internal static class EnforcementBenchmarks
{
    private const int Outputs = 1000;
    private const int MostTokens = 200;

    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"name":{"type":"string","maxLength":16},"age":{"type":"integer","minimum":0,"maximum":130},"email":{"type":"string","format":"email","maxLength":24}},"required":["name","age"],"additionalProperties":false}""",
        """{"type":"array","items":{"enum":["red","green",7,null]},"minItems":1,"maxItems":5}""",
        """{"type":"object","properties":{"when":{"type":"string","format":"date-time"},"id":{"type":"string","format":"uuid"},"ok":{"type":["boolean","null"]}},"required":["when","ok"],"additionalProperties":false}""",
        """{"$defs":{"node":{"type":"object","properties":{"v":{"type":"integer","minimum":-9,"maximum":9},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}},"$ref":"#/$defs/node"}""",
        """{"type":"object","properties":{"kind":{"const":"point"},"at":{"type":"array","prefixItems":[{"type":"number","minimum":0,"maximum":1},{"type":"number","minimum":0,"maximum":1}],"items":false,"minItems":2},"step":{"type":"integer","multipleOf":5,"minimum":0,"maximum":1000}},"required":["kind","at"],"additionalProperties":false}""",
    ];

    private static readonly string[] ToolSchemas =
    [
        """{"type":"object","properties":{"city":{"type":"string","maxLength":20},"unit":{"enum":["celsius","fahrenheit"]}},"required":["city"]}""",
        """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"exact":{"type":"boolean"}},"required":["a","b"]}""",
        """{"type":"object","properties":{"to":{"type":"array","items":{"type":"string","pattern":"^[a-z]{2,8}$"},"minItems":1,"maxItems":3},"urgent":{"type":["boolean","null"]}},"required":["to"]}""",
    ];

    /// <summary>A thousand structured answers and a thousand required calls at temperature 2, by nano and by random weights.</summary>
    public static async Task OutputsAsync()
    {
        await MeasureAsync("nano", new Gemma4Options().UseNano());
        string? checkpoint = TestData.Shared is { } shared ? Path.Combine(shared, "tiny", "e2b") : null;
        if (!Directory.Exists(checkpoint))
        {
            Console.WriteLine("The tiny checkpoints are not here; random weights were not run.");
            return;
        }

        string folder = Directory.CreateTempSubdirectory("gemma4-tiny-").FullName;
        try
        {
            string longer = WithLongerContext(checkpoint, Path.Combine(folder, "checkpoint"));
            string model = Path.Combine(folder, "model");
            await Gemma4ModelBuilder.BuildAsync(longer, model);
            await MeasureAsync("random weights", new Gemma4Options { ModelPath = model });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Greedy calls on turns of nano's own kind, with the constraint and without.</summary>
    public static void Calls(string file)
    {
        Gemma4ModelFolder folder = Gemma4ModelFolder.Open(NanoModel.Directory);
        Gemma4Tokenizer tokenizer = Gemma4Tokenizer.Load(folder.TokenizerPath);
        using OnnxGenerationEngine engine = OnnxGenerationEngine.Load(folder, new OnnxRuntimeOptions());
        int turns = 0, free = 0, constrained = 0, mended = 0, spoilt = 0, unreadable = 0;
        foreach (string line in File.ReadLines(file))
        {
            JsonElement turn = JsonElement.Parse(line);
            AIFunctionDeclaration[] tools = [.. turn.GetProperty("tools").EnumerateArray().Select(tool => AIFunctionFactory.CreateDeclaration(
                tool.GetProperty("name").GetString()!, tool.GetProperty("description").GetString(), tool.GetProperty("parameters")))];
            int[] prompt = tokenizer.EncodeTemplate(turn.GetProperty("prompt").GetString()!);
            int[] expected = tokenizer.EncodeTemplate(turn.GetProperty("expected").GetString()!);
            CompiledGrammar grammar = ToolCallConstraint.Compile(tokenizer, tools, ChatToolMode.Auto, allowMultiple: true, ThoughtPrefix.Allowed, folder.StopTokenIds);
            bool isFree = Greedy(engine, folder, prompt, null).SequenceEqual(expected);
            GrammarMatcher matcher = grammar.Begin();
            bool isConstrained = Greedy(engine, folder, prompt, matcher).SequenceEqual(expected);
            GrammarMatcher gold = grammar.Begin();
            unreadable += expected.All(gold.TryAccept) ? 0 : 1;
            turns++;
            free += isFree ? 1 : 0;
            constrained += isConstrained ? 1 : 0;
            mended += isConstrained && !isFree ? 1 : 0;
            spoilt += isFree && !isConstrained ? 1 : 0;
        }

        Console.WriteLine($"turns {turns}; exact without constraint {free}, with it {constrained}; mended {mended}, spoilt {spoilt}; expected answers that the constraint forbids {unreadable}");
    }

    private static List<int> Greedy(OnnxGenerationEngine engine, Gemma4ModelFolder folder, int[] prompt, GrammarMatcher? constraint)
    {
        Sampler sampler = new(new SamplingSettings { Temperature = 0 }, engine.VocabularySize, folder.SuppressedTokenIds, constraint, 0);
        using IGenerationSession session = engine.CreateSession();
        session.Append(prompt);
        List<int> answer = [];
        while (answer.Count < MostTokens)
        {
            int token = sampler.Sample(session.Logits);
            answer.Add(token);
            if (folder.StopTokenIds.Contains(token))
            {
                break;
            }

            session.Append([token]);
        }

        return answer;
    }

    // The checkpoint says 512, too short for tools; its rotary positions go on.
    private static string WithLongerContext(string checkpoint, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(checkpoint))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        string config = Path.Combine(copy, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"max_position_embeddings\": 512", "\"max_position_embeddings\": 4096", StringComparison.Ordinal));
        return copy;
    }

    private static async Task MeasureAsync(string name, Gemma4Options setup)
    {
        using Gemma4ChatClient client = new(setup);
        Stopwatch watch = Stopwatch.StartNew();
        int valid = 0, cut = 0;
        long tokens = 0, forced = 0;
        for (int run = 0; run < Outputs; run++)
        {
            string schema = Schemas[run % Schemas.Length];
            ChatResponse response = await client.GetResponseAsync("Tell me about it.", Hot(run, thinks: run % 10 == 9, options =>
                options.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(schema))));
            valid += PlainValidator.IsValid(schema, response.Text) ? 1 : 0;
            cut += response.FinishReason == ChatFinishReason.Length ? 1 : 0;
            Count(response);
        }

        Print($"{name}: structured answers valid {valid} of {Outputs}, cut by the token limit {cut}, {tokens} tokens, {100.0 * forced / tokens:F1} % of them forced, {watch.Elapsed.TotalSeconds:F0} s");
        AIFunctionDeclaration[] tools = [.. ToolSchemas.Select((schema, index) => AIFunctionFactory.CreateDeclaration($"tool_{index}", "Does it.", JsonElement.Parse(schema)))];
        (valid, cut, tokens, forced) = (0, 0, 0, 0);
        watch.Restart();
        for (int run = 0; run < Outputs; run++)
        {
            string? required = run % 2 == 0 ? null : $"tool_{run % tools.Length}";
            ChatResponse response = await client.GetResponseAsync("Do it.", Hot(run, thinks: run % 10 == 9, options =>
            {
                options.Tools = [.. tools];
                options.ToolMode = required is null ? ChatToolMode.RequireAny : ChatToolMode.RequireSpecific(required);
                options.AllowMultipleToolCalls = run % 4 < 2;
            }));
            FunctionCallContent[] calls = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
            bool isRight = calls.Length > 0 && response.Text.Length == 0 && (run % 4 < 2 || calls.Length == 1) && calls.All(call => IsValid(call, tools, required));
            valid += isRight ? 1 : 0;
            cut += response.FinishReason == ChatFinishReason.Length ? 1 : 0;
            Count(response);
        }

        Print($"{name}: required calls valid {valid} of {Outputs}, cut by the token limit {cut}, {tokens} tokens, {100.0 * forced / tokens:F1} % of them forced, {watch.Elapsed.TotalSeconds:F0} s");

        void Count(ChatResponse response)
        {
            tokens += response.Usage!.OutputTokenCount!.Value;
            forced += response.Usage.AdditionalCounts?.GetValueOrDefault("forced_tokens") ?? 0;
        }
    }

    private static bool IsValid(FunctionCallContent call, AIFunctionDeclaration[] tools, string? required) =>
        call.Exception is null
        && (required is null || call.Name == required)
        && Array.Find(tools, tool => tool.Name == call.Name) is { } tool
        && PlainValidator.IsValid(tool.JsonSchema.GetRawText(), JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions));

    private static ChatOptions Hot(int seed, bool thinks, Action<ChatOptions> configure)
    {
        ChatOptions options = new()
        {
            Temperature = 2,
            TopK = 0,
            TopP = 1,
            Seed = seed,
            Reasoning = thinks ? new ReasoningOptions { Effort = ReasoningEffort.Low } : null,
        };
        configure(options);
        return options;
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
