using System.Text;
using System.Text.Json;
using Gemma4.Sampling.Constraints;
using Xunit;

namespace Gemma4.Tests.Sampling.Constraints;

public sealed class HostileConstraintTests
{
    [Theory]
    [InlineData("a{1,100000}", "aaaa")]
    [InlineData("(a*)*", "aaaa")]
    [InlineData("(a|a)*b", "aaab")]
    [InlineData("((a{0,20}){0,20})c", "aac")]
    [InlineData("[\\s\\S]{0,65535}", "any\ntext")]
    public void Large_counts_and_nested_stars_are_no_trouble(string pattern, string text) =>
        Assert.True(ConstraintProbe.Of(Gemma4Constraint.Regex(pattern)).Accepts(text));

    [Theory]
    [InlineData("(a|b)*a(a|b){20}")]
    [InlineData("(((a{1,100}){1,100}){1,100}){1,100}")]
    [InlineData("(ab){1,60000}")]
    public void An_exploding_pattern_is_refused(string pattern) =>
        Assert.Throws<Gemma4ConstraintException>(() => Gemma4Constraint.Regex(pattern));

    [Fact]
    public void A_list_of_fifty_thousand_values_compiles_and_walks()
    {
        var list = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"value {i}\""));
        var probe = ConstraintProbe.Of(Gemma4Constraint.JsonSchema(JsonElement.Parse($"{{\"enum\":[{list}]}}")));
        Assert.True(probe.Accepts("\"value 49999\""));
        Assert.False(probe.Accepts("\"value 50000\""));
    }

    [Fact]
    public void References_in_a_circle_end_and_say_nothing()
    {
        foreach (var definition in (string[])["""{"$ref":"#/$defs/a"}""", """{"anyOf":[{"$ref":"#/$defs/a"}]}""", """{"allOf":[{"$ref":"#"}]}"""])
        {
            var any = Gemma4Constraint.JsonSchema(JsonElement.Parse($"{{\"$ref\":\"#/$defs/a\",\"$defs\":{{\"a\":{definition}}}}}"));
            Assert.True(ConstraintProbe.Of(any).Accepts("1"));
        }
    }

    [Fact]
    public void Alternatives_multiplied_beyond_reason_are_refused()
    {
        var pairs = string.Join(',', Enumerable.Range(0, 20).Select(i => $"{{\"anyOf\":[{{\"minLength\":{i}}},{{\"maxLength\":{i + 50}}}]}}"));
        var problem = Assert.Throws<Gemma4ConstraintException>(
            () => Gemma4Constraint.JsonSchema(JsonElement.Parse($"{{\"type\":\"string\",\"allOf\":[{pairs}]}}")));
        Assert.Contains("more than 1024 ways", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_nested_as_deep_as_it_can_be_read_compiles_or_is_refused()
    {
        var options = new JsonDocumentOptions { MaxDepth = 2000 };
        var schema = new StringBuilder("{\"type\":\"integer\"}");
        for (var i = 0; i < 60; i++)
        {
            schema.Insert(0, "{\"type\":\"array\",\"minItems\":1,\"items\":").Append('}');
        }

        using var readable = JsonDocument.Parse(schema.ToString(), options);
        Assert.True(ConstraintProbe.Of(Gemma4Constraint.JsonSchema(readable.RootElement)).Accepts(new string('[', 60) + "1" + new string(']', 60)));
        for (var i = 0; i < 500; i++)
        {
            schema.Insert(0, "{\"type\":\"array\",\"minItems\":1,\"items\":").Append('}');
        }

        using var deep = JsonDocument.Parse(schema.ToString(), options);
        Assert.Throws<Gemma4ConstraintException>(() => Gemma4Constraint.JsonSchema(deep.RootElement));
    }

    [Fact]
    public void A_text_with_too_many_readings_ends_in_a_typed_exception()
    {
        var constraint = Gemma4Constraint.Grammar("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root \"d\" | \"x\"");
        var matcher = ConstraintProbe.Compile(ConstraintProbe.Nano, constraint, [1]).Begin();
        Assert.Throws<Gemma4ConstraintException>(() => matcher.TryAcceptBytes(Encoding.UTF8.GetBytes(new string('a', 50))));
    }
}
