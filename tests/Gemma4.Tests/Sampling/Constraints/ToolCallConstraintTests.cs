using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Parsing;
using Gemma4.Sampling.Constraints;
using Gemma4.Tests.Tokenization;
using Microsoft.Extensions.AI;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Tests.Sampling.Constraints;

public sealed class ToolCallConstraintTests(ITestOutputHelper output)
{
    private static readonly AIFunctionDeclaration Weather = Declare("get_weather", """
        {"type":"object","properties":{"city":{"type":"string","minLength":2},"unit":{"enum":["c","f"]},
        "days":{"type":"integer","minimum":1},"at":{"type":"object","properties":{"lat":{"type":"number"},"tags":{"type":"array","items":{"type":"string"}}}}},
        "required":["city"]}
        """);

    private static readonly AIFunctionDeclaration Stop = Declare("stop", """{"type":"object","properties":{}}""");

    [Theory]
    [InlineData("Sunny.", true)]
    [InlineData("Let me see.<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>}<tool_call|>", true)]
    [InlineData("<|tool_call>call:get_weather{days:3,city:<|\"|>a \"quoted\" {city}\n<|\"|>,unit:<|\"|>c<|\"|>}<tool_call|><|tool_call>call:stop{}<tool_call|>", true)]
    [InlineData("<|tool_call>call:get_weather{at:{tags:[<|\"|>x<|\"|>,<|\"|><|\"|>],lat:1.5e3},city:<|\"|>Oslo<|\"|>}<tool_call|>", true)]
    [InlineData("<|tool_call>call:get_weather{}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>P<|\"|>}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>,city:<|\"|>Rome<|\"|>}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>,unit:<|\"|>k<|\"|>}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:\"Paris\"}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{town:<|\"|>Paris<|\"|>}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>, days:1}<tool_call|>", false)]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>}", false)]
    [InlineData("<|tool_call>call:unknown{}<tool_call|>", false)]
    public void A_free_turn_may_call_and_every_call_is_whole(string text, bool isAccepted) =>
        Assert.Equal(isAccepted, Accepts(text, ChatToolMode.Auto));

    [Fact]
    public void The_tool_mode_decides_what_a_turn_may_be()
    {
        const string WeatherCall = "<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>}<tool_call|>";
        const string StopCall = "<|tool_call>call:stop{}<tool_call|>";
        Assert.False(Accepts("Sunny.", ChatToolMode.RequireAny));
        Assert.True(Accepts(WeatherCall, ChatToolMode.RequireAny));
        Assert.True(Accepts(WeatherCall + StopCall, ChatToolMode.RequireAny));
        Assert.False(Accepts(WeatherCall + StopCall, ChatToolMode.RequireAny, allowMultiple: false));
        Assert.True(Accepts(WeatherCall, ChatToolMode.RequireAny, allowMultiple: false));
        Assert.False(Accepts(WeatherCall, ChatToolMode.RequireSpecific("stop")));
        Assert.True(Accepts(StopCall, ChatToolMode.RequireSpecific("stop")));
        Assert.False(Accepts(StopCall, ChatToolMode.None));
        Assert.True(Accepts("call:stop{} is not a call", ChatToolMode.None));
        Assert.Throws<Gemma4ConstraintException>(() => Accepts("", ChatToolMode.RequireSpecific("other")));
    }

    [Fact]
    public void A_tool_is_never_made_useless_by_a_keyword_that_cannot_be_held()
    {
        var tool = Declare("f", """{"type":"object","properties":{"l":{"type":"array","uniqueItems":true,"items":{"type":"integer"}},"a:b":{"type":"string"}},"required":["a:b"]}""");
        var grammar = ToolCallConstraint.Compile(ConstraintProbe.Nano, [tool], ChatToolMode.RequireAny, true, ThoughtPrefix.None, [106]);
        Assert.Equal(2, grammar.Warnings.Count);
        Assert.True(new ConstraintProbe(ConstraintProbe.Nano, grammar).Accepts(
            ConstraintProbe.Nano.EncodeTemplate("<|tool_call>call:f{l:[1,1]}<tool_call|>")));
        Assert.Throws<Gemma4ConstraintException>(() => ToolCallConstraint.Compile(
            ConstraintProbe.Nano, [tool], ChatToolMode.RequireAny, true, ThoughtPrefix.None, [106], isStrict: true));
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"allOf":[{"properties":{"b":{"type":"integer"}}}]}""", "a:1", "b:2", "c:3")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"anyOf":[{"properties":{"b":{"type":"integer"}},"required":["b"]},{"properties":{"c":{"type":"integer"}},"required":["c"]}]}""", "a:1,b:2", "a:1,c:3", "a:1,b:2,d:4")]
    [InlineData("""{"$defs":{"base":{"properties":{"a":{"type":"integer"}},"required":["a"]}},"type":"object","allOf":[{"$ref":"#/$defs/base"},{"properties":{"b":{"type":"integer"}}}]}""", "a:1,b:2", "a:1", "a:1,c:3")]
    public void Parameters_declared_in_parts_are_all_declared(string schema, string valid, string alsoValid, string undeclared)
    {
        var grammar = ToolCallConstraint.Compile(
            ConstraintProbe.Nano, [Declare("f", schema)], ChatToolMode.RequireAny, allowMultiple: false, ThoughtPrefix.None, [106, 50, 1]);
        var probe = new ConstraintProbe(ConstraintProbe.Nano, grammar);
        bool Accepts(string arguments) => probe.Accepts(ConstraintProbe.Nano.EncodeTemplate($"<|tool_call>call:f{{{arguments}}}<tool_call|>"));

        Assert.True(Accepts(valid));
        Assert.True(Accepts(alsoValid));
        Assert.False(Accepts(undeclared));
    }

    [Fact]
    public void Whatever_random_picks_make_of_a_required_call_the_parser_reads_back_as_declared()
    {
        var grammar = ToolCallConstraint.Compile(
            ConstraintProbe.Nano, [Weather, Stop], ChatToolMode.RequireSpecific("get_weather"), false, ThoughtPrefix.None, [106]);
        var mask = new ulong[ConstraintProbe.Nano.VocabularySize / 64];
        var finished = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var matcher = grammar.Begin();
            var contents = new List<AIContent>();
            var parser = new ResponseParser(ConstraintProbe.Nano, [Weather, Stop], false);
            for (var step = 0; step < 300 && !matcher.IsComplete; step++)
            {
                matcher.FillMask(mask);
                List<int> allowed = [.. Enumerable.Range(0, mask.Length * 64).Where(token => (mask[token / 64] >> (token % 64) & 1) != 0)];
                int[] closers = [.. allowed.Where(token => ConstraintProbe.Nano.Decode([token]) is "}" or "]" or "<|\"|>" or "<tool_call|>")];
                var pick = closers.Length > 0 && random.Next(3) == 0 ? closers[random.Next(closers.Length)] : allowed[random.Next(allowed.Count)];
                matcher.Accept(pick);
                parser.Append(pick, contents);
            }

            if (!matcher.IsComplete)
            {
                continue;
            }

            finished++;
            parser.Complete(contents);
            var call = Assert.Single(contents.OfType<FunctionCallContent>());
            Assert.Null(call.Exception);
            Assert.Equal("get_weather", call.Name);
            var arguments = JsonSerializer.Serialize(call.Arguments);
            Assert.True(PlainValidator.IsValid(Weather.JsonSchema.GetRawText(), arguments), arguments);
        }

        Assert.InRange(finished, 20, 40);
    }

    [SharedFact]
    public void Every_published_call_of_the_function_calling_leaderboard_is_accepted()
    {
        string shared = TestData.Shared!;
        int calls = 0, tools = 0, odd = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(shared, "data", "bfcl", "possible_answer")))
        {
            var answers = File.ReadLines(file).Select(line => JsonNode.Parse(line)!).ToDictionary(node => (string)node["id"]!);
            foreach (var line in File.ReadLines(Path.Combine(shared, "data", "bfcl", Path.GetFileName(file))))
            {
                var item = JsonNode.Parse(line)!;
                AIFunctionDeclaration[] declared = [.. item["function"]!.AsArray().Select(tool =>
                    Declare((string)tool!["name"]!, tool["parameters"]!.ToJsonString()))];
                tools += declared.Length;
                var root = ToolCallConstraint.Build(
                    ControlIds.Of(Gemma4.Sampling.Constraints.Matching.TextCheck.Controls), declared, ChatToolMode.RequireAny, true,
                    ThoughtPrefix.None, false, out _);
                var text = BfclAnswer.Write(answers[(string)item["id"]!]["ground_truth"]!.AsArray());
                var (isAccepted, _, at) = new Gemma4.Sampling.Constraints.Matching.TextCheck(root).Run(text, hasControls: true);
                calls++;
                if (!isAccepted)
                {
                    // Some answers do not meet their own declaration.
                    odd++;
                    output.WriteLine($"{item["id"]}: {text} at {at}");
                }
            }
        }

        output.WriteLine($"{calls} turns over {tools} tools, {odd} not accepted");
        Assert.InRange(calls, 900, 1100);
        Assert.InRange(odd, 0, calls / 50);
    }

    [Fact]
    public void The_mask_of_the_real_vocabulary_is_what_trying_each_token_gives()
    {
        var tokenizer = RealTokenizer.Instance;
        var grammar = ToolCallConstraint.Compile(tokenizer, [Weather, Stop], ChatToolMode.Auto, true, ThoughtPrefix.Allowed, [1, 50, 106]);
        var probe = new ConstraintProbe(tokenizer, grammar);
        var matcher = grammar.Begin();
        var compared = 0;
        foreach (var token in tokenizer.EncodeTemplate(
            "<|channel>thought\nhm<channel|>So:<|tool_call>call:get_weather{city:<|\"|>Zürich<|\"|>,at:{tags:[<|\"|>数<|\"|>],lat:-1.5},days:12}<tool_call|>"))
        {
            compared += probe.CheckMask(matcher, 397);
            matcher.Accept(token);
        }

        Assert.InRange(compared, 10_000, 500_000);
        Assert.True(matcher.IsComplete);
        var schema = Gemma4Constraint.JsonSchema(JsonElement.Parse(
            """{"type":"object","properties":{"name":{"type":"string","maxLength":20},"n":{"type":"number","minimum":0}}}"""));
        var json = ConstraintProbe.Compile(tokenizer, schema, [1, 106]);
        probe = new ConstraintProbe(tokenizer, json);
        matcher = json.Begin();
        foreach (var token in tokenizer.EncodeText("{\n  \"other\": [1, {\"name\": \"ü\"}],\n  \"name\": \"a long \\\"name\\\"\", \"n\": 12.5}"))
        {
            compared += probe.CheckMask(matcher, 397);
            matcher.Accept(token);
        }

        Assert.True(matcher.IsComplete);
    }

    private static bool Accepts(string text, ChatToolMode mode, bool allowMultiple = true)
    {
        var grammar = ToolCallConstraint.Compile(ConstraintProbe.Nano, [Weather, Stop], mode, allowMultiple, ThoughtPrefix.None, [106, 50, 1]);
        return new ConstraintProbe(ConstraintProbe.Nano, grammar).Accepts(ConstraintProbe.Nano.EncodeTemplate(text));
    }

    private static AIFunctionDeclaration Declare(string name, string schema) =>
        AIFunctionFactory.CreateDeclaration(name, null, JsonElement.Parse(schema));
}
