using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Benchmarks.Micro;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks;

/// <summary>What masks cost on the real vocabulary: the leaderboard's tools when they are there, a few of our own otherwise.</summary>
internal static class ConstraintBenchmarks
{
    // One step of the E2B model on the reference machine.
    private const double StepMilliseconds = 43;

    public static void Run()
    {
        Gemma4Tokenizer tokenizer = RealTokenizer.Load();
        var watch = Stopwatch.StartNew();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ConstraintVocabulary.Of(tokenizer).Prepare();
        double prepared = watch.Elapsed.TotalMilliseconds;
        long kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Print($"vocabulary, once         {prepared,9:F0} ms, {kept / 1e6:F1} MB");

        List<(AIFunctionDeclaration[] Tools, string Text)> turns = ReadTurns();
        var compile = new List<double>();
        var grammars = new List<(CompiledGrammar Grammar, int[] Tokens)>();
        foreach (var (tools, text) in turns)
        {
            watch.Restart();
            CompiledGrammar grammar = ToolCallConstraint.Compile(
                tokenizer, tools, ChatToolMode.Auto, allowMultiple: true, ThoughtPrefix.Allowed, [1, 50, 106]);
            compile.Add(watch.Elapsed.TotalMilliseconds);
            grammars.Add((grammar, tokenizer.EncodeTemplate(text)));
        }

        Report("compile (ms)", compile);
        var cold = new List<double>();
        var warm = new List<double>();
        long memory = 0;
        long asked = 0;
        long built = 0;
        foreach (var (grammar, tokens) in grammars)
        {
            Walk(grammar, tokens, cold);
            Walk(grammar, tokens, warm);
            memory = Math.Max(memory, grammar.Memory.MaskBytes);
            asked += grammar.MaskCounts.Asked;
            built += grammar.MaskCounts.Built;
        }

        Report("tools, cold (us)", cold);
        Report("tools, warm (us)", warm);
        Print($"masks known              {100.0 * (asked - built) / asked,9:F1} % of {asked}, at most {memory / 1e3:F0} kB of them for one set of tools");
        Print($"slowdown, cold           {cold.Average() / 10 / StepMilliseconds,9:F3} % of a step of {StepMilliseconds} ms");
        Print($"slowdown, warm           {warm.Average() / 10 / StepMilliseconds,9:F3} %");
        MeasureJson(tokenizer);
    }

    private static void MeasureJson(Gemma4Tokenizer tokenizer)
    {
        const string Schema = """
            {"type":"object","properties":{"title":{"type":"string","maxLength":80},"date":{"type":"string","format":"date"},
            "lines":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"},
            "count":{"type":"integer","minimum":1,"maximum":999},"price":{"type":"number","minimum":0}},"required":["sku","count"],
            "additionalProperties":false}},"notes":{"type":"string"}},"required":["title","date","lines"]}
            """;
        const string Value = """
            { "title": "Order of the \"Bücherei\" am Markt", "date": "2026-02-28", "lines": [
              {"sku": "ABC-1234", "count": 12, "price": 19.95}, {"count": 1, "sku": "XYZ-0001"} ],
              "notes": "Deliver before noon,\nring twice. Thank you very much for the quick help!", "extra": {"a": [1, 2.5e3, null]} }
            """;
        JsonElement schema = JsonElement.Parse(Schema);
        var compile = new List<double>();
        Gemma4Constraint constraint = Gemma4Constraint.Json;
        for (int i = 0; i < 10; i++)
        {
            var watch = Stopwatch.StartNew();
            constraint = Gemma4Constraint.JsonSchema(schema);
            compile.Add(watch.Elapsed.TotalMilliseconds);
        }

        Report("order compile (ms)", compile);
        var cold = new List<double>();
        var warm = new List<double>();
        CompiledGrammar grammar = Compile(tokenizer, constraint);
        Walk(grammar, tokenizer.EncodeText(Value), cold);
        Walk(grammar, tokenizer.EncodeText(Value), warm);
        Report("order, cold (us)", cold);
        Report("order, warm (us)", warm);
        cold.Clear();
        CompiledGrammar any = Compile(tokenizer, Gemma4Constraint.Json);
        Walk(any, tokenizer.EncodeText(Value), cold);
        Report("any JSON, cold (us)", cold);
    }

    private static CompiledGrammar Compile(Gemma4Tokenizer tokenizer, Gemma4Constraint constraint) =>
        ToolCallConstraint.Compile(tokenizer, [], ChatToolMode.None, allowMultiple: true, ThoughtPrefix.None, [1, 106], answer: constraint.Root);

    private static void Walk(CompiledGrammar grammar, int[] tokens, List<double> microseconds)
    {
        var mask = new ulong[(grammar.Vocabulary.Size + 63) / 64];
        GrammarMatcher matcher = grammar.Begin();
        foreach (int token in tokens)
        {
            long start = Stopwatch.GetTimestamp();
            matcher.FillMask(mask);
            if (!matcher.TryAccept(token))
            {
                // An answer that does not meet its own declaration.
                return;
            }

            microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    private static List<(AIFunctionDeclaration[] Tools, string Text)> ReadTurns()
    {
        string folder = Path.Combine(TestData.Root, "..", "shared", "data", "bfcl");
        var turns = new List<(AIFunctionDeclaration[], string)>();
        if (!Directory.Exists(folder))
        {
            Print($"The leaderboard's data is not here; one tool of our own instead.");
            turns.Add((
                [Declare("get_weather", """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}""")],
                "Let me see.<|tool_call>call:get_weather{city:<|\"|>Zürich<|\"|>,days:3}<tool_call|>"));
            return turns;
        }

        foreach (string file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            string answers = Path.Combine(folder, "possible_answer", Path.GetFileName(file));
            if (!File.Exists(answers))
            {
                continue;
            }

            foreach (var (line, answer) in File.ReadLines(file).Zip(File.ReadLines(answers)))
            {
                AIFunctionDeclaration[] tools = [.. JsonNode.Parse(line)!["function"]!.AsArray().Select(tool =>
                    Declare((string)tool!["name"]!, tool["parameters"]!.ToJsonString()))];
                turns.Add((tools, Spell(JsonNode.Parse(answer)!["ground_truth"]!.AsArray())));
            }
        }

        return turns;
    }

    private static string Spell(JsonArray calls) => string.Concat(calls.Select(call =>
    {
        var (name, arguments) = call!.AsObject().First();
        IEnumerable<string> members = arguments!.AsObject()
            .Where(member => member.Value is JsonArray { Count: > 0 } list && !list.Any(IsEmptyText))
            .Select(member => $"{member.Key}:{Value(member.Value![0], isPossible: true)}");
        return $"<|tool_call>call:{name}{{{string.Join(',', members)}}}<tool_call|>";
    }));

    private static string Value(JsonNode? value, bool isPossible) => value switch
    {
        JsonObject members => "{" + string.Join(',', members.Where(member => !(member.Value is JsonArray list && list.Any(IsEmptyText)))
            .Select(member => $"{member.Key}:{Value(isPossible && member.Value is JsonArray { Count: > 0 } list ? list[0] : member.Value, isPossible)}")) + "}",
        JsonArray items => "[" + string.Join(',', items.Select(item => Value(item, isPossible))) + "]",
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => $"<|\"|>{(string)scalar!}<|\"|>",
        _ => value?.ToJsonString() ?? "null",
    };

    private static bool IsEmptyText(JsonNode? value) =>
        value is JsonValue scalar && scalar.GetValueKind() == JsonValueKind.String && (string)scalar! == "";

    private static AIFunctionDeclaration Declare(string name, string schema) =>
        AIFunctionFactory.CreateDeclaration(name, null, JsonElement.Parse(schema));

    private static void Report(string name, List<double> values)
    {
        values.Sort();
        double At(double part) => values[(int)Math.Min(values.Count - 1, part * values.Count)];
        Print($"{name,-24} p50 {At(0.5),8:F1}  p99 {At(0.99),8:F1}  max {values[^1],8:F1}  mean {values.Average(),8:F1}  ({values.Count})");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
