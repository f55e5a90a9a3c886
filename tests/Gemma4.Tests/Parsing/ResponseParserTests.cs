using Gemma4.Parsing;
using Gemma4.Tests.Tokenization;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Parsing;

public sealed class ResponseParserTests
{
    [Fact]
    public void Ids_become_reasoning_text_and_calls()
    {
        var parser = new ResponseParser(RealTokenizer.Instance, callIdPrefix: "r7_");
        var output = Parse(parser, "<|channel>thought\nHm, żółć.\n<channel|>Sure 👋<|tool_call>call:f{q:<|\"|>a b<|\"|>}<tool_call|><|tool_response>x");
        Assert.Equal("Hm, żółć.", string.Concat(output.OfType<TextReasoningContent>().Select(c => c.Text)));
        Assert.Equal("Sure 👋", string.Concat(output.OfType<TextContent>().Select(c => c.Text)));
        var call = Assert.Single(output.OfType<FunctionCallContent>());
        Assert.Equal("r7_1", call.CallId);
        Assert.Equal("a b", call.Arguments!["q"]!.ToString());
        Assert.True(parser.IsFinished);
        Assert.Equal((1, 0), (parser.CallCount, parser.ErrorCount));
        Assert.Equal(RealTokenizer.Instance.CountTokens("thought\nHm, żółć.\n"), parser.ReasoningTokenCount);
    }

    [Fact]
    public void A_marker_written_in_prose_stays_text()
    {
        var tokenizer = RealTokenizer.Instance;
        var parser = new ResponseParser(tokenizer);
        var output = new List<AIContent>();
        const string Text = "The marker <|tool_call> starts a call.";
        foreach (var id in tokenizer.EncodeText(Text))
        {
            parser.Append(id, output);
        }

        parser.Complete(output);
        Assert.Equal(Text, string.Concat(output.Cast<TextContent>().Select(c => c.Text)));
    }

    [Fact]
    public void A_stop_sequence_ends_the_response_across_tokens()
    {
        var parser = new ResponseParser(RealTokenizer.Instance, stopSequences: ["\nUser"]);
        var output = Parse(parser, "Fine.\nUser: more");
        Assert.Equal("Fine.", string.Concat(output.Cast<TextContent>().Select(c => c.Text)));
        Assert.Equal("\nUser", parser.MatchedStopSequence);
        Assert.True(parser.IsFinished);
    }

    [Fact]
    public void A_thought_that_the_prompt_opened_is_reasoning()
    {
        var parser = new ResponseParser(RealTokenizer.Instance, startsInsideThought: true);
        Assert.True(parser.IsInsideThought);
        var output = Parse(parser, "checking<channel|>done");
        Assert.Equal("checking", string.Concat(output.OfType<TextReasoningContent>().Select(c => c.Text)));
        Assert.Equal("done", string.Concat(output.OfType<TextContent>().Select(c => c.Text)));
        Assert.False(parser.IsInsideThought);
    }

    [Fact]
    public void Random_tokens_never_throw()
    {
        var tokenizer = RealTokenizer.Instance;
        var random = new Random(3);
        for (var round = 0; round < 5_000; round++)
        {
            var parser = new ResponseParser(tokenizer, stopSequences: round % 2 == 0 ? ["a", "the"] : null);
            var output = new List<AIContent>();
            for (var i = 0; i < 30; i++)
            {
                // Half of them from the low ids: control tokens, bytes and white space.
                parser.Append(random.Next(random.Next(2) == 0 ? 500 : tokenizer.VocabularySize), output);
            }

            parser.Complete(output);
            Assert.True(parser.IsFinished);
            Assert.Equal(parser.CallCount + parser.ErrorCount, output.OfType<FunctionCallContent>().Count());
        }
    }

    private static List<AIContent> Parse(ResponseParser parser, string text)
    {
        var output = new List<AIContent>();
        foreach (var id in RealTokenizer.Instance.EncodeTemplate(text))
        {
            parser.Append(id, output);
        }

        parser.Complete(output);
        return output;
    }
}
