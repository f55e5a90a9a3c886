using System.Text;
using Gemma4.Parsing;
using Xunit;

namespace Gemma4.Tests.Parsing;

public sealed class StopSequenceTests
{
    [Theory]
    [InlineData("one END two", "END", "one ", "END")]
    [InlineData("abc", "bc|abcd", "a", "bc")]
    [InlineData("xabcdy", "bc|abcd", "x", "abcd")]
    [InlineData("xaby", "ab|abc", "x", "ab")]
    [InlineData("xabcy", "ab|abc", "x", "abc")]
    [InlineData("ab", "ab|abc", "", "ab")]
    [InlineData("aaab", "aab", "a", "aab")]
    [InlineData("almost EN", "END", "almost EN", null)]
    [InlineData("nothing", "", "nothing", null)]
    [InlineData("End", "END", "End", null)]
    [InlineData("E<pad>ND and on", "END", "", "END")]
    [InlineData("<|channel>thought\nEND<channel|>a END b", "END", "a ", "END")]
    [InlineData("EN<|tool_call>call:f{a:1}<tool_call|>D", "END", "END", null)]
    [InlineData("<|tool_call>call:f{a:<|\"|>END<|\"|>}<tool_call|>ok", "END", "ok", null)]
    [InlineData("before END <|tool_call>call:f{}<tool_call|>", "END", "before ", "END")]
    [InlineData("\nUser:", "\nUser:", "", "\nUser:")]
    public void Visible_text_ends_before_the_first_stop_sequence(string text, string stops, string visible, string? matched)
    {
        var transcript = new Transcript(text);
        for (var cut = -2; cut < transcript.TextLength; cut++)
        {
            var machine = new ResponseStateMachine(new DeclaredTools(null), stopSequences: stops.Split('|'));
            var outcome = transcript.Parse(machine, position => cut == -2 || position == cut);
            Assert.Equal(visible, outcome.Text);
            Assert.Equal(matched, outcome.Stop);
            Assert.Equal(text.StartsWith("EN<", StringComparison.Ordinal) || text.EndsWith("ok", StringComparison.Ordinal) ? 1 : 0, outcome.Calls.Count);
            Assert.True(machine.IsFinished);
        }
    }

    [Fact]
    public void A_filter_agrees_with_a_search_of_the_whole_text()
    {
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var stops = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Letters(random, 1, 4)).ToArray();
            var text = Letters(random, 0, 24);
            var filter = StopSequenceFilter.Create(stops)!;
            var visible = new StringBuilder();
            for (var i = 0; i < text.Length;)
            {
                var length = random.Next(1, text.Length - i + 1);
                filter.Append(text.AsSpan(i, length), visible);
                i += length;
            }

            filter.Flush(visible);
            var first = stops.Min(s => (uint)text.IndexOf(s, StringComparison.Ordinal));
            var expected = first == uint.MaxValue ? text : text[..(int)first];
            Assert.Equal(expected, visible.ToString());
            Assert.Equal(
                stops.Where(s => text.IndexOf(s, StringComparison.Ordinal) == (int)first && first != uint.MaxValue).MaxBy(s => s.Length),
                filter.Matched);
        }
    }

    [Fact]
    public void Text_that_cannot_begin_a_stop_sequence_is_not_held_back()
    {
        var filter = StopSequenceFilter.Create(["END"])!;
        var visible = new StringBuilder();
        Assert.True(filter.Append("text E", visible));
        Assert.Equal("text ", visible.ToString());
        Assert.True(filter.Append("x", visible));
        Assert.Equal("text Ex", visible.ToString());
    }

    private static string Letters(Random random, int least, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => (char)('a' + random.Next(2))));
}
