using System.Text.Json;
using Gemma4.Safety.Detection;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tests.Detection;

public sealed class JsonSchemaTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "\"a\"", "1", "type")]
    [InlineData("""{"type":["integer","null"]}""", "1.0", "1.5", "type")]
    [InlineData("""{"type":"integer"}""", "1e3", "\"1\"", "type")]
    [InlineData("""{"type":"number"}""", "3", "true", "type")]
    [InlineData("""{"enum":["a",1,{"x":[1,2]}]}""", """{"x":[1.0,2]}""", "\"b\"", "enum")]
    [InlineData("""{"const":{"a":1,"b":2}}""", """{"b":2,"a":1}""", """{"a":1}""", "const")]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", """{"b":1}""", """{"a":1}""", "type")]
    [InlineData("""{"required":["a","b"]}""", """{"a":1,"b":null}""", """{"a":1}""", "required")]
    [InlineData("""{"properties":{"a":true},"additionalProperties":false}""", """{"a":1}""", """{"a":1,"A":2}""", "additionalProperties")]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"a":1}""", """{"a":"x"}""", "type")]
    [InlineData("""{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}""", """{"x-1":1}""", """{"y":1}""", "additionalProperties")]
    [InlineData("""{"propertyNames":{"maxLength":3}}""", """{"abc":1}""", """{"abcd":1}""", "propertyNames")]
    [InlineData("""{"minProperties":1}""", """{"a":1}""", "{}", "minProperties")]
    [InlineData("""{"maxProperties":1}""", """{"a":1}""", """{"a":1,"b":2}""", "maxProperties")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"b":1}""", """{"a":1}""", "dependentRequired")]
    [InlineData("""{"dependentSchemas":{"a":{"required":["c"]}}}""", """{"a":1,"c":1}""", """{"a":1}""", "required")]
    [InlineData("""{"items":{"type":"integer"}}""", "[1,2]", "[1,\"2\"]", "type")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", "[\"a\"]", "[\"a\",1]", "false")]
    [InlineData("""{"contains":{"const":1},"minContains":2}""", "[1,0,1]", "[1,0]", "contains")]
    [InlineData("""{"contains":{"const":1},"maxContains":1}""", "[1,0]", "[1,1]", "contains")]
    [InlineData("""{"minItems":1}""", "[1]", "[]", "minItems")]
    [InlineData("""{"maxItems":1}""", "[1]", "[1,2]", "maxItems")]
    [InlineData("""{"uniqueItems":true}""", "[1,\"1\"]", "[1,2,1.0]", "uniqueItems")]
    [InlineData("""{"minimum":2}""", "2", "1.9", "minimum")]
    [InlineData("""{"maximum":2}""", "2.0", "2.00000000000000000000001", "maximum")]
    [InlineData("""{"maximum":2}""", "-1e400", "1e400", "maximum")]
    [InlineData("""{"exclusiveMinimum":2}""", "2.1", "2", "exclusiveMinimum")]
    [InlineData("""{"exclusiveMaximum":2}""", "1.9", "2", "exclusiveMaximum")]
    [InlineData("""{"multipleOf":0.1}""", "0.3", "0.35", "multipleOf")]
    [InlineData("""{"minLength":2}""", "\"ab\"", "\"😀\"", "minLength")]
    [InlineData("""{"maxLength":1}""", "\"😀\"", "\"ab\"", "maxLength")]
    [InlineData("""{"pattern":"^\\d+$"}""", "\"12\"", "\"12\\n\"", "pattern")]
    [InlineData("""{"pattern":"^[\\w$]+$"}""", "\"a_$\"", "\"٣\"", "pattern")]
    [InlineData("""{"pattern":"^(?=a)\\w+$"}""", "\"ab\"", "\"ba\"", "pattern")]
    [InlineData("""{"pattern":"b"}""", "\"abc\"", "\"ac\"", "pattern")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":3}]}""", "2", "4", "maximum")]
    [InlineData("""{"anyOf":[{"type":"string"},{"minimum":1}]}""", "\"a\"", "0", "anyOf")]
    [InlineData("""{"oneOf":[{"minimum":1},{"minimum":2}]}""", "1", "2", "oneOf")]
    [InlineData("""{"not":{"type":"string"}}""", "1", "\"a\"", "not")]
    [InlineData("""{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}""", "2", "\"a\"", "minLength")]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}""", "\"a\"", "1", "type")]
    [InlineData("""{"properties":{"next":{"$ref":"#"},"value":{"type":"integer"}},"required":["value"]}""", """{"value":1,"next":{"value":2}}""", """{"value":1,"next":{"next":{"value":1}}}""", "required")]
    [InlineData("""{"definitions":{"n":{"$ref":"#/definitions/m"},"m":{"type":"number"}},"$ref":"#/definitions/n","$schema":"http://json-schema.org/draft-07/schema#"}""", "1", "\"1\"", "type")]
    [InlineData("""{"properties":{"a":{"type":"integer"},"b":{"$ref":"#/properties/a"}}}""", """{"b":1}""", """{"b":"1"}""", "type")]
    public void A_schema_is_followed(string schema, string valid, string invalid, string keyword)
    {
        var detector = Detectors.JsonSchema(schema);

        Assert.Empty(Scan.Whole(detector, valid));
        Assert.Equal($"json-output/schema/{keyword}", Assert.Single(Scan.Whole(detector, invalid)).Rule);
    }

    [Theory]
    [InlineData("""{"a":1,"a":"x"}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("{}{}")]
    [InlineData("```json\n{}\n```")]
    public void What_readers_could_read_differently_is_malformed(string text) =>
        Assert.Equal("json-output/malformed", Assert.Single(Scan.Whole(Detectors.JsonSchema("""{"properties":{"a":{"maxLength":5}}}"""), text)).Rule);

    [Fact]
    public void A_format_is_an_annotation() => Assert.Empty(Scan.Whole(Detectors.JsonSchema("""{"format":"email","title":"x","default":1}"""), "\"no mail\""));

    [Theory]
    [InlineData("""{"properties":{"a":{"unevaluatedProperties":false}}}""", "'unevaluatedProperties' at '#/properties/a'")]
    [InlineData("""{"nullable":true}""", "'nullable'")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "'https://example.com/schema'")]
    [InlineData("""{"$ref":"#anchor"}""", "'#anchor'")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#"}""", "draft-04")]
    public void What_is_not_checked_is_refused_by_name(string schema, string named) =>
        Assert.Contains(named, Assert.Throws<NotSupportedException>(() => Detectors.JsonSchema(schema)).Message);

    [Theory]
    [InlineData("{", "no JSON")]
    [InlineData("[]", "an object, true or false")]
    [InlineData("""{"type":"text"}""", "'text'")]
    [InlineData("""{"type":[]}""", "a type or several")]
    [InlineData("""{"items":[{}]}""", "prefixItems")]
    [InlineData("""{"minLength":-1}""", "from 0 on")]
    [InlineData("""{"exclusiveMinimum":true}""", "a number")]
    [InlineData("""{"multipleOf":0}""", "more than 0")]
    [InlineData("""{"pattern":"("}""", "no regular expression")]
    [InlineData("""{"anyOf":[]}""", "an array of schemas")]
    [InlineData("""{"$ref":"#/$defs/a"}""", "does not exist")]
    [InlineData("""{"$ref":"#"}""", "another schema")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}""", "another schema")]
    public void A_wrong_schema_is_refused(string schema, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => Detectors.JsonSchema(schema)).Message);

    [Fact]
    public void A_value_made_to_take_long_is_refused_soon()
    {
        var branching = Detectors.JsonSchema("""{"anyOf":[{"items":{"$ref":"#"},"maxItems":1,"minItems":1},{"items":{"$ref":"#"},"maxItems":1}],"not":{"type":"string"}}""");
        var slow = Detectors.JsonSchema("""{"pattern":"^(?!x)(a+)+$"}""");

        Assert.Equal("json-output/schema/work", Assert.Single(Scan.Whole(branching, new string('[', 60) + "\"\"" + new string(']', 60))).Rule);
        Assert.Equal("json-output/schema/pattern", Assert.Single(Scan.Whole(slow, $"\"{new string('a', 60)}!\"")).Rule);
    }

    [Fact]
    public void Schemas_of_types_are_understood()
    {
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(Order), serializerOptions: new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() });
        var detector = Detectors.JsonSchema(schema.GetRawText());

        Assert.Empty(Scan.Whole(detector, """{"customer":"Anna","lines":[{"article":"lamp","count":2}],"parent":null}"""));
        Assert.NotEmpty(Scan.Whole(detector, """{"customer":"Anna","lines":[{"article":"lamp","count":"two"}],"parent":null}"""));
        Assert.NotEmpty(Scan.Whole(detector, """{"customer":"Anna","lines":[],"parent":{"customer":1,"lines":[],"parent":null}}"""));
    }

    private sealed record Order(string Customer, IReadOnlyList<OrderLine> Lines, Order? Parent);

    private sealed record OrderLine(string Article, int Count);
}
