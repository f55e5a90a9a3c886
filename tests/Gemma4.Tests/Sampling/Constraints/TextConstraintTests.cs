using System.Text;
using Gemma4.Sampling.Constraints;
using Xunit;

namespace Gemma4.Tests.Sampling.Constraints;

public sealed class TextConstraintTests
{
    [Theory]
    [InlineData("[a-z]{2,4}\\d+", "ab1|abcd99", "a1|abcde1|ab")]
    [InlineData("^(yes|no)$", "yes|no", "maybe|yes no")]
    [InlineData("\\u00e9+|[😀-😂]", "é|éé|😁", "e|😃")]
    [InlineData("a(?:b|c)*?d", "ad|abcbd", "abc")]
    public void A_regular_expression_matches_the_whole_text(string pattern, string valid, string invalid) =>
        Check(Gemma4Constraint.Regex(pattern), valid, invalid);

    [Theory]
    [InlineData("\\b", "\\b")]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("a)", "opens nothing")]
    [InlineData("[a", "never closed")]
    [InlineData("a**", "after a quantifier")]
    public void What_lies_outside_the_subset_is_named(string pattern, string reason) => Assert.Contains(
        reason,
        Assert.Throws<Gemma4ConstraintException>(() => Gemma4Constraint.Regex(pattern)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_choice_is_one_of_the_texts() => Check(Gemma4Constraint.Choices(["red", "green", "greenish", "größer"]), "red|green|greenish|größer", "gree|blue|");

    [Theory]
    [InlineData("root ::= \"a\" (b | [0-9]+)* # comment\nb ::= \"x\" root?", "a|ax|axa12|a1x2", "x|ab")]
    [InlineData("start: item (\",\" item)*\nitem: /[a-z]+/ | \"(\" start \")\"", "ab|a,b,(c,d)", "a,|(a")]
    [InlineData("root ::= (\"a\"* \"b\"?)* \"c\"", "c|abaac|bbc", "ab|d")]
    [InlineData("root ::= [ab]{2,3} \"\\n\" .", "ab\nx|aba\n😀", "a\nx|ab\n")]
    [InlineData("root ::= e{3}\ne ::= \"x\"?", "|x|xx|xxx", "xxxx")]
    public void A_grammar_derives_its_texts(string grammar, string valid, string invalid) =>
        Check(Gemma4Constraint.Grammar(grammar), valid, invalid);

    [Theory]
    [InlineData("root ::= root \"a\" | \"b\"", "line 1, column 10: the rule 'root' begins with itself")]
    [InlineData("root ::= \"a\"\n  foo", "line 2, column 3: there is no rule 'foo'")]
    [InlineData("root ::= \"a", "line 1, column 10")]
    [InlineData("root ::= a\na ::= \"(\" a \")\"", "admits no text")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1: the rule 'root' is defined twice")]
    public void A_grammar_that_cannot_be_used_says_where(string grammar, string reason) => Assert.Contains(
        reason,
        Assert.Throws<Gemma4ConstraintException>(() => Gemma4Constraint.Grammar(grammar)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_thought_may_come_before_the_answer_and_is_free()
    {
        var probe = ConstraintProbe.Of(Gemma4Constraint.Choices(["yes"]), ThoughtPrefix.Allowed);
        int[] Tokens(string text) => ConstraintProbe.Nano.EncodeTemplate(text);
        Assert.True(probe.Accepts(Tokens("yes")));
        Assert.True(probe.Accepts(Tokens("<|channel>thought\nno, {\"or\" maybe<channel|>yes")));
        Assert.False(probe.Accepts(Tokens("<|channel>thought\n<|tool_call>")));
        Assert.False(probe.Accepts(Tokens("<|channel>thought\n")));
        var open = ConstraintProbe.Of(Gemma4Constraint.Choices(["yes"]), ThoughtPrefix.Open);
        Assert.True(open.Accepts(Tokens("hm<channel|>yes")));
        Assert.False(open.Accepts(Tokens("yes")));
    }

    [Fact]
    public void A_matcher_can_be_copied_begun_again_and_asked_for_what_must_come()
    {
        var constraint = Gemma4Constraint.Grammar("root ::= \"the only way to go is \" (\"left\" | \"right\")");
        var grammar = ConstraintProbe.Compile(ConstraintProbe.Nano, constraint, [1]);
        var matcher = grammar.Begin();
        var forced = matcher.FindForced(20);
        Assert.NotEmpty(forced);
        Assert.StartsWith(ConstraintProbe.Nano.Decode(forced), "the only way to go is ", StringComparison.Ordinal);
        foreach (var token in forced)
        {
            matcher.Accept(token);
        }

        var copy = matcher.Clone();
        Assert.False(copy.TryAccept(ConstraintProbe.Nano.EncodeText("Q")[0]));
        Assert.Throws<Gemma4ConstraintException>(() => copy.Accept(ConstraintProbe.Nano.EncodeText("Q")[0]));
        matcher = grammar.Begin();
        Assert.True(matcher.TryAcceptBytes(Encoding.UTF8.GetBytes("the only way to go is left")));
        Assert.True(matcher.IsAtEnd);
        Assert.False(copy.IsComplete);
    }

    private static void Check(Gemma4Constraint constraint, string valid, string invalid)
    {
        var probe = ConstraintProbe.Of(constraint);
        var random = new Random(1);
        foreach (var text in valid.Split('|'))
        {
            Assert.True(probe.Accepts(text), $"should accept '{text}'");
            Assert.True(probe.Accepts(probe.SplitAnyhow(text, random)), $"should accept '{text}' in pieces");
        }

        foreach (var text in invalid.Split('|'))
        {
            Assert.False(probe.Accepts(text), $"should not accept '{text}'");
        }
    }
}
