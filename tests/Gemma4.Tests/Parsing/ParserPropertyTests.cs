using System.Diagnostics;
using System.Text;
using Gemma4.Parsing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Parsing;

public sealed class ParserPropertyTests
{
    private static readonly string[] Pieces =
    [
        "<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", "<|\"|>", "<|\"|>", "<|\"|>", "<pad>",
        "thought\n", "thought", "call:", "call:bash{", "bash", "f", "{", "}", "(", ")", "[", "]", ",", ":", "=", "a:", "b=", "1",
        "-2.5", "007", "true", "None", "\"", "'", "\\", " ", "\n", "text", "STOP", "ST", "cmd:", "-", "żółć", "👋", "\uffff", "\ud83d",
    ];

    private static readonly string[] Endings = ["<turn|>", "<eos>", "<|turn>", "<|tool_response>"];

    private static readonly AIFunctionDeclaration[] Tools =
    [
        AIFunctionFactory.CreateDeclaration("bash", null, System.Text.Json.JsonDocument.Parse(
            """{"type":"object","properties":{"cmd":{"type":"string"},"a":{"type":"integer"}}}""").RootElement),
    ];

    [Fact]
    public void Any_sequence_of_tokens_gives_the_same_under_any_chunking_and_never_a_marker()
    {
        var random = new Random(7);
        for (var round = 0; round < 30_000; round++)
        {
            var text = Sequence(random, round % 1000 == 0 ? 2000 : random.Next(1, 25));
            var transcript = new Transcript(text);
            var inThought = random.Next(4) == 0;
            var stops = random.Next(3) == 0 ? new[] { "STOP", "OPT" } : null;
            var whole = transcript.Parse(Machine(inThought, stops), _ => false);
            var single = transcript.Parse(Machine(inThought, stops), _ => true);
            var mixed = transcript.Parse(Machine(inThought, stops), _ => random.Next(3) == 0);
            Assert.True(whole.Summary == single.Summary, text + "\n---\n" + whole.Summary + "\n---\n" + single.Summary);
            Assert.True(whole.Summary == mixed.Summary, text);

            var shown = whole.Text + whole.Reasoning;
            Assert.DoesNotContain("<|", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("|>", shown, StringComparison.Ordinal);
            if (stops is not null)
            {
                Assert.All(whole.Contents.OfType<TextContent>(), c => Assert.DoesNotContain("STOP", c.Text, StringComparison.Ordinal));
            }

            Assert.All(
                whole.Contents.OfType<FunctionCallContent>(), c => Assert.True(c.Arguments is null != c.Exception is null, c.Name));
        }
    }

    [Theory]
    [InlineData("<|tool_call>call:f{a:", "[", "")]
    [InlineData("<|tool_call>call:f{a:", "'x,a:", "}")]
    [InlineData("<|tool_call>call:f{", "a:\"x y\" z,", "}")]
    [InlineData("<|tool_call>call:f{", "a:x, ", "}<tool_call|>")]
    [InlineData("<|tool_call>", "call:f{a:1}", "<tool_call|>")]
    [InlineData("", "<|tool_call>", "")]
    [InlineData("", "call:bash", "{")]
    [InlineData("", "STO", "P")]
    [InlineData("<|tool_call>call:bash{cmd:", "a, b ", "")]
    [InlineData("<|tool_call>call:f{a:", "<|\"|> ", "}")]
    [InlineData("<|channel>", "\n", "x")]
    [InlineData("", " ", "x")]
    public void Long_repetitions_take_linear_time(string start, string repeated, string end)
    {
        var clock = Stopwatch.StartNew();
        var text = new StringBuilder(start).Insert(start.Length, repeated, 200_000 / repeated.Length).Append(end).ToString();
        var outcome = new Transcript(text).Parse(Machine(false, ["STOP"]), _ => true);

        // Linear work takes a fraction of a second; a quadratic scan of this much would take minutes.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), clock.Elapsed.ToString());
        Assert.NotEmpty(outcome.Contents);
    }

    [Fact]
    public void A_call_without_end_becomes_an_error_at_the_limit_and_the_next_call_is_read()
    {
        var machine = Machine(false, null);
        var output = new List<AIContent>();
        machine.OnControl(ControlToken.ToolCallOpen, output);
        machine.OnText("call:bash{cmd:", output);
        var chunk = new string('x', 1000);
        for (var i = 0; i < 3000; i++)
        {
            machine.OnText(chunk, output);
        }

        var error = Assert.IsType<FunctionCallContent>(Assert.Single(output));
        Assert.Equal("bash", error.Name);
        Assert.Contains("1048576", error.Exception!.Message, StringComparison.Ordinal);
        machine.OnControl(ControlToken.ToolCallClose, output);
        machine.OnControl(ControlToken.ToolCallOpen, output);
        machine.OnText("call:bash{a:1}", output);
        machine.Complete(output);
        Assert.Equal(2, output.Count);
        Assert.Equal(1, machine.CallCount);
        Assert.Equal(["call_1", "call_2"], output.Cast<FunctionCallContent>().Select(c => c.CallId));
    }

    [Theory]
    [InlineData("a<|tool_call>call:f{x:1}<tool_call|>b<|channel>thought\nc\n<channel|>d<turn|>e",
        "text: a\ncall call_1: f {\"x\":1} \ntext: b\nreasoning: c\ntext: d\nerrors: 0 stop: ")]
    [InlineData("<|tool_call>call:f{x:1} and then<tool_call|>", "call call_1: f {\"x\":1} \ntext: and then\nerrors: 0 stop: ")]
    [InlineData("<|tool_call>call:f{x:1}\ncall:g{}<tool_call|>", "call call_1: f {\"x\":1} \ncall call_2: g {} \nerrors: 0 stop: ")]
    [InlineData("The marker <|tool_call> starts a call.", "text: The marker  starts a call.\nerrors: 0 stop: ")]
    [InlineData("<|channel>thou", "reasoning: thou\nerrors: 0 stop: ")]
    [InlineData("<|channel>thought<channel|>x", "text: x\nerrors: 0 stop: ")]
    [InlineData("<|channel>thought\na\n\n<channel|>\n\n<|tool_call>call:f{}", "reasoning: a\n\ncall call_1: f {} \nerrors: 0 stop: ")]
    [InlineData("<|tool_call>call:f{x:<|\"|>cut", "call call_1: f {\"x\":\"cut\"} 1\nerrors: 0 stop: ")]
    [InlineData("\n\n", "text: \n\n\nerrors: 0 stop: ")]
    public void Contents_come_out_in_the_order_they_were_written(string text, string expected)
    {
        Assert.Equal(expected, new Transcript(text).Parse(Machine(false, null), _ => true).Summary);
    }

    [Theory]
    [InlineData("<|tool_call><tool_call|>", "unknown")]
    [InlineData("<|tool_call>{\"name\":\"f\"}<tool_call|>", "unknown")]
    [InlineData("<|tool_call>call:f<tool_call|>", "f")]
    [InlineData("<|tool_call>call:f{x:y} z<tool_call|>", "f")]
    public void An_unreadable_call_is_an_error_with_its_text(string text, string name)
    {
        var outcome = new Transcript(text).Parse(Machine(false, null), _ => false);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(outcome.Contents));
        Assert.Equal(name, call.Name);
        Assert.IsType<FormatException>(call.Exception);
        Assert.Equal(text["<|tool_call>".Length..^"<tool_call|>".Length], call.RawRepresentation);
    }

    private static ResponseStateMachine Machine(bool inThought, string[]? stops) =>
        new(new DeclaredTools(Tools), inThought, stops);

    private static string Sequence(Random random, int length)
    {
        var text = new StringBuilder();
        for (var i = 0; i < length; i++)
        {
            text.Append(random.Next(60) == 0
                ? Endings[random.Next(Endings.Length)]
                : Pieces[random.Next(Pieces.Length)]);
        }

        return text.ToString();
    }
}
