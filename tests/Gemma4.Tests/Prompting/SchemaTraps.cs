using Gemma4.Prompting;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Prompting;

/// <summary>Schemas for which the published template prints garbage, and what the default mode prints instead.</summary>
public sealed class SchemaTraps
{
    [Theory]
    [InlineData("""{"type":["string","null"],"description":"d"}""", "p:{description:~d~,nullable:true,type:~STRING~}")]
    [InlineData("""{"type":["null","array"],"items":{"type":"string"}}""",
        "p:{items:{type:~STRING~},nullable:true,type:~ARRAY~}")]
    [InlineData("""{"type":["string","integer"],"description":"d"}""",
        "p:{description:~d. Accepts string or integer.~,type:~STRING~}")]
    public void A_type_union_is_one_type_and_nullable(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Theory]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}""",
        "p:{description:~d~,nullable:true,type:~STRING~}")]
    [InlineData("""{"oneOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}]}""",
        "p:{nullable:true,properties:{a:{type:~NUMBER~}},required:[~a~],type:~OBJECT~}")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"integer"}}]}""",
        "p:{description:~Accepts integer or array of integer.~,type:~INTEGER~}")]
    [InlineData("""{"oneOf":[{"const":"a"},{"const":"b"}]}""", "p:{enum:[~a~,~b~],type:~STRING~}")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"boolean"}},"required":["b"]}]}""",
        "p:{properties:{a:{type:~STRING~},b:{type:~BOOLEAN~}},required:[~a~,~b~],type:~OBJECT~}")]
    public void Combinations_become_one_schema(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Fact]
    public void A_reference_is_resolved_and_its_own_description_wins() => Assert.Equal(
        ",parameters:{properties:{p:{description:~mine~,enum:[~a~],type:~STRING~}},type:~OBJECT~}",
        PromptText.Parameters("""
            {"type":"object","properties":{"p":{"$ref":"#/$defs/E","description":"mine"}},
             "$defs":{"E":{"type":"string","enum":["a"],"description":"theirs"}}}
            """));

    [Fact]
    public void A_recursive_reference_ends_at_its_second_visit() => Assert.Equal(
        ",parameters:{properties:{p:{properties:{next:{properties:{},type:~OBJECT~},v:{type:~INTEGER~}},"
        + "type:~OBJECT~}},type:~OBJECT~}",
        PromptText.Parameters("""
            {"type":"object","properties":{"p":{"$ref":"#/$defs/N"}},
             "$defs":{"N":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/N"}}}}}
            """));

    [Fact]
    public void A_reference_to_the_whole_schema_and_one_to_nowhere_end() => Assert.Equal(
        ",parameters:{properties:{a:{properties:{},type:~OBJECT~},b:{description:~Any JSON value.~,type:~STRING~}},"
        + "type:~OBJECT~}",
        PromptText.Parameters("""{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#/$defs/none"}}}"""));

    [Fact]
    public void References_that_multiply_stay_small()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 30).Select(i =>
            $$$$"""
            "D{{{{i}}}}":{"type":"object","properties":{"a":{"$ref":"#/$defs/D{{{{i + 1}}}}"},"b":{"$ref":"#/$defs/D{{{{i + 1}}}}"}}}
            """));
        var text = PromptText.Parameters(
            $$$$"""{"type":"object","properties":{"p":{"$ref":"#/$defs/D0"}},"$defs":{{{{{definitions}}}}}}""");
        Assert.InRange(text.Length, 1_000, 300_000);
    }

    [Theory]
    [InlineData("""{"const":"fixed"}""", "p:{enum:[~fixed~],type:~STRING~}")]
    [InlineData("""{"const":5,"description":"d"}""", "p:{description:~d. Always 5.~,type:~INTEGER~}")]
    [InlineData("""{"type":"integer","enum":[1,2,3],"description":"Level!"}""",
        "p:{description:~Level! Allowed values: 1, 2, 3.~,type:~INTEGER~}")]
    [InlineData("""{"type":"boolean","enum":[true]}""", "p:{description:~Always true.~,type:~BOOLEAN~}")]
    [InlineData("""{"type":"boolean","enum":[true,false]}""", "p:{type:~BOOLEAN~}")]
    [InlineData("""{"enum":["a",null]}""", "p:{enum:[~a~],nullable:true,type:~STRING~}")]
    [InlineData("""{"enum":["a",1]}""", "p:{description:~Allowed values: a, 1.~,type:~STRING~}")]
    public void Values_the_format_cannot_list_stand_in_the_description(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", "p:{properties:{a:{type:~STRING~}},type:~OBJECT~}")]
    [InlineData("""{"items":{"type":"string"}}""", "p:{items:{type:~STRING~},type:~ARRAY~}")]
    [InlineData("""{"minimum":1}""", "p:{type:~NUMBER~}")]
    [InlineData("""{"pattern":"a+"}""", "p:{type:~STRING~}")]
    [InlineData("{}", "p:{description:~Any JSON value.~,type:~STRING~}")]
    [InlineData("true", "p:{description:~Any JSON value.~,type:~STRING~}")]
    public void A_missing_type_is_found_from_the_other_keywords(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Fact]
    public void A_property_that_no_value_fits_is_left_out() => Assert.Equal(
        ",parameters:{properties:{a:{type:~STRING~}},required:[~a~],type:~OBJECT~}",
        PromptText.Parameters(
            """{"type":"object","properties":{"a":{"type":"string"},"b":false},"required":["a","b"]}"""));

    [Theory]
    [InlineData("""{"properties":{"x":{"type":"integer"}}}""",
        ",parameters:{properties:{x:{type:~INTEGER~}},type:~OBJECT~}")]
    [InlineData("""{"type":["object","null"]}""", ",parameters:{type:~OBJECT~}")]
    [InlineData("""{"type":"object","additionalProperties":false}""", ",parameters:{type:~OBJECT~}")]
    [InlineData("{}", "")]
    [InlineData("true", "")]
    [InlineData("null", "")]
    public void Parameters_are_always_a_closed_object(string parameters, string expected) =>
        Assert.Equal(expected, PromptText.Parameters(parameters));

    [Theory]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""", "p:{properties:{},type:~OBJECT~}")]
    [InlineData("""{"type":"object","additionalProperties":false,"title":"T"}""", "p:{properties:{},type:~OBJECT~}")]
    public void Keywords_of_an_object_are_never_taken_for_properties(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Theory]
    [InlineData("""{"type":"array","items":{"type":"array","items":{"type":"number"}}}""",
        "p:{items:{items:{~type~:~NUMBER~},type:~ARRAY~},type:~ARRAY~}")]
    [InlineData("""{"type":"array","items":true}""", "p:{type:~ARRAY~}")]
    [InlineData("""{"type":"array","items":{"type":["integer","null"],"minimum":0,"enum":[1,2]}}""",
        "p:{items:{enum:[1,2],minimum:0,nullable:true,type:~INTEGER~},type:~ARRAY~}")]
    [InlineData("""{"type":"array","items":{"type":"object","additionalProperties":false}}""",
        "p:{items:{type:~OBJECT~},type:~ARRAY~}")]
    public void Items_are_normalised_too(string schema, string expected) =>
        Assert.Equal(expected, PromptText.Property(schema));

    [Theory]
    [InlineData("""{"type":"string","description":"txt"}""", "")]
    [InlineData("true", "")]
    [InlineData("""{"type":"object","description":"r"}""", ",response:{description:~r~,type:~OBJECT~}")]
    [InlineData("""{"type":["object","null"]}""", ",response:{type:~OBJECT~}")]
    public void A_response_schema_is_an_object_or_left_out(string response, string expected) =>
        Assert.Equal(expected, PromptText.Function($$$$"""{"name":"f","response":{{{{response}}}}}"""));

    [Fact]
    public void Deep_schemas_end_in_bare_types()
    {
        var schema = """{"type":"string"}""";
        for (var i = 0; i < 25; i++)
        {
            schema = $$$$"""{"type":"object","properties":{"d":{{{{schema}}}}}}""";
        }

        var text = PromptText.Parameters(schema);
        Assert.Equal(12, text.Split("d:{").Length - 1);
        Assert.Contains("d:{properties:{},type:~OBJECT~}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ai_function_is_declared_with_its_schema()
    {
        var tool = AIFunctionFactory.Create((string city, int? days = null) => city, "forecast", "Forecasts.");
        var text = PromptText.Short(PromptRenderer.Render([], [tool], PromptText.Small));
        Assert.Equal(
            "<bos><|turn>system\n<|tool>declaration:forecast{description:~Forecasts.~,parameters:{properties:{"
            + "city:{type:~STRING~},days:{nullable:true,type:~INTEGER~}},required:[~city~],type:~OBJECT~}}<tool|>"
            + "<turn|>\n<|turn>model\n",
            text);
    }

    [Fact]
    public void A_tool_that_is_not_a_function_is_refused_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(
            () => PromptRenderer.Render([], [new HostedWebSearchTool()], PromptText.Small));
        Assert.Contains("web_search", error.Message, StringComparison.Ordinal);
        Assert.Contains("HostedWebSearchTool", error.Message, StringComparison.Ordinal);
    }
}
