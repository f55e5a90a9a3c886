using System.Text.Json;
using Gemma4.Sampling.Constraints;
using Xunit;

namespace Gemma4.Tests.Sampling.Constraints;

public sealed class JsonSchemaConstraintTests
{
    [Theory]
    [InlineData("""{"type":"integer","minimum":-5,"exclusiveMaximum":1000}""", "-5|0|999|42", "-6|1000|01|1.0|1e2|+1")]
    [InlineData("""{"type":"integer","minimum":99999999999999999999998}""", "99999999999999999999998|100000000000000000000000", "99999999999999999999997")]
    [InlineData("""{"type":"number","minimum":-1.5,"maximum":2.25}""", "-1.5|-1.50|2.25|0.001|1e-05|2|-0.0|1.5E+0", "-1.51|2.2501|3|1e1|-2e0")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", "0.001|1|5e-7|1e+20", "0|0.0|-1|0.000")]
    [InlineData("""{"type":"number","multipleOf":0.25}""", "1.75|0|-2.5|100", "1.7|0.1|0.251")]
    [InlineData("""{"type":"integer","multipleOf":7,"minimum":1}""", "7|49|700", "0|8|-7")]
    [InlineData("""{"type":"number"}""", "1|-0|1.5e+10|2E5|0.1", ".5|1.|01|1e|NaN")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"a\\n😀\"|\"\\ud83d\\ude00x\"", "\"a\"|\"abcd\"|\"\\ud83d\"|\"a")]
    [InlineData("""{"type":"string","pattern":"^\\d{3}$"}""", "\"123\"|\"\\u0031\\u00322\"", "\"12\"|\"1234\"|\"abc\"")]
    [InlineData("""{"type":"string","pattern":"foo|^bar"}""", "\"xfoo\"|\"barx\"|\"foobar\"", "\"xbar\"|\"fo\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-02-29\"|\"2000-02-29\"|\"1999-12-31\"", "\"2023-02-29\"|\"1900-02-29\"|\"2023-04-31\"|\"2023-1-1\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2024-02-29T23:59:59Z\"|\"2024-01-01T00:00:00.123+02:00\"", "\"2024-02-30T00:00:00Z\"|\"2024-01-01 00:00:00Z\"|\"2024-01-01T24:00:00Z\"")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"123e4567-e89b-12d3-a456-426614174000\"", "\"123e4567e89b12d3a456426614174000\"")]
    [InlineData("""{"type":"string","format":"email"}""", "\"a.b+c@example.org\"", "\"a@b@c\"|\"@example.org\"|\"a b@example.org\"")]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"192.168.0.1\"|\"255.255.255.255\"", "\"256.1.1.1\"|\"1.2.3\"|\"01.2.3.4\"")]
    [InlineData("""{"type":"string","format":"uri"}""", "\"https://example.org/a?b=c#d\"|\"mailto:x@example.org\"", "\"example.org\"|\"http://a b\"")]
    [InlineData("""{"enum":["a","q\"\\",1,2.50,null,true,{"k":[1]}]}""", "\"a\"|\"q\\u0022\\\\\"|1|2.50|2.5|null|true|{ \"k\" : [ 1 ] }", "\"b\"|2|false|{}|{\"k\":[1,1]}")]
    [InlineData("""{"const":{"a":1,"b":"x"}}""", "{\"b\":\"x\",\"a\":1}", "{\"a\":1}|{\"a\":1,\"b\":\"x\",\"c\":1}")]
    [InlineData("""{"type":["string","null"]}""", "null|\"\"", "1|true")]
    [InlineData("""{"type":"string","nullable":true}""", "null|\"\"", "1")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2}""", "[1]|[1,2]|[ 1 , 2 ]", "[]|[1,2,3]|[1,]|[\"a\"]")]
    [InlineData("""{"prefixItems":[{"type":"integer"},{"type":"string"}],"items":false,"type":"array"}""", "[]|[1]|[1,\"a\"]", "[\"a\"]|[1,\"a\",2]")]
    [InlineData("""{"type":"array","items":[{"type":"integer"}],"additionalItems":{"type":"boolean"}}""", "[]|[1]|[1,true]", "[true]|[1,2]")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{}},"required":["a"],"additionalProperties":false}""", "{\"a\":1}|{\"b\":[],\"a\":2}|{\"\\u0061\":3}", "{}|{\"b\":1}|{\"a\":1,\"a\":2}|{\"a\":1,\"c\":2}|{\"a\":1,}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}}}""", "{}|{\"b\":\"x\",\"ab\":1}", "{\"a\":\"x\"}|{\"b\":1,\"\\u0062\":2}")]
    [InlineData("""{"type":"object","patternProperties":{"^x":{"type":"integer"},"y$":{"minimum":5}},"additionalProperties":false}""", "{\"x\":1}|{\"xy\":7}|{\"ay\":\"s\"}", "{\"xy\":1}|{\"z\":1}|{\"x\":\"s\"}")]
    [InlineData("""{"type":"object","patternProperties":{"^[ab]$":{"type":"integer"}},"additionalProperties":false}""", "{}|{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2,\"a\":3}|{\"c\":1}|{\"a\":1,\"b\":2,")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[a-z]+$"},"maxProperties":2}""", "{\"abc\":1}|{\"a\":1,\"b\":2}", "{\"A\":1}|{\"a\":1,\"b\":2,\"c\":3}")]
    [InlineData("""{"type":"object","properties":{"a":{},"b":{},"c":{}},"required":["c"],"maxProperties":2,"minProperties":2,"additionalProperties":false}""", "{\"a\":1,\"c\":2}|{\"c\":1,\"b\":2}", "{\"c\":1}|{\"a\":1,\"b\":2")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"object","properties":{"k":{"const":1}},"required":["k"]}]}""", "5|{\"k\":1}", "\"x\"|{\"k\":2}|{}")]
    [InlineData("""{"oneOf":[{"properties":{"t":{"const":"a"},"v":{"type":"integer"}},"required":["t"],"type":"object"},{"properties":{"t":{"const":"b"},"v":{"type":"string"}},"required":["t"],"type":"object"}]}""", "{\"t\":\"a\",\"v\":1}|{\"v\":\"x\",\"t\":\"b\"}", "{\"t\":\"a\",\"v\":\"x\"}|{\"t\":\"c\"}")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]},{"properties":{"a":{"minimum":3},"b":{"type":"null"}}}]}""", "{\"a\":3}|{\"b\":null,\"a\":4.5}", "{\"a\":2}|{\"b\":null}")]
    [InlineData("""{"definitions":{"a/b":{"type":"object","properties":{"next":{"$ref":"#/definitions/a~1b"}},"additionalProperties":false}},"$ref":"#/definitions/a~1b"}""", "{}|{\"next\":{\"next\":{}}}", "{\"next\":1}|[]")]
    [InlineData("true", "1|[{\"a\":[]}]|\"x\"|{\"a\":{\"a\":1}}", "{\"a\":1,\"a\":1}|[1 2]")]
    public void A_schema_accepts_what_is_valid_and_nothing_else(string schema, string valid, string invalid)
    {
        var probe = ConstraintProbe.Of(Gemma4Constraint.JsonSchema(JsonElement.Parse(schema)));
        foreach (var text in valid.Split('|'))
        {
            Assert.True(probe.Accepts(text), $"{schema} should accept {text}");
            Assert.True(probe.Accepts(" " + text + "\n"), $"{schema} should accept {text} between white space");
        }

        foreach (var text in invalid.Split('|'))
        {
            Assert.False(probe.Accepts(text), $"{schema} should not accept {text}");
        }
    }

    [Theory]
    [InlineData("""{"enum":[]}""", "admits no text")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""", "minItems 3 is above maxItems 2")]
    [InlineData("""{"type":"object","properties":{"a":false},"required":["a"]}""", "admits no text")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "no number")]
    [InlineData("""{"type":"string","pattern":"^a$","minLength":2}""", "no string")]
    [InlineData("""{"$ref":"#/$defs/x","$defs":{"x":{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}},"required":["x"]}}}""", "admits no text")]
    [InlineData("""{"$ref":"#/nowhere"}""", "leads nowhere")]
    [InlineData("""{"not":{"type":"string"}}""", "'not' cannot be enforced")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "'uniqueItems' cannot be enforced")]
    [InlineData("""{"type":"string","format":"iri"}""", "'iri' cannot be enforced")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "look-around")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "oneOf is treated as anyOf")]
    [InlineData("""{"type":"text"}""", "'text' is no type")]
    public void A_schema_that_cannot_be_held_is_refused_with_the_reason(string schema, string reason)
    {
        var problem = Assert.Throws<Gemma4ConstraintException>(() => Gemma4Constraint.JsonSchema(JsonElement.Parse(schema)));
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_strict_the_rest_is_enforced_and_the_gap_is_told()
    {
        var constraint = Gemma4Constraint.JsonSchema(
            JsonElement.Parse("""{"type":"array","uniqueItems":true,"items":{"type":"integer"}}"""), strict: false);
        Assert.Contains("uniqueItems", Assert.Single(constraint.Warnings), StringComparison.Ordinal);
        Assert.True(ConstraintProbe.Of(constraint).Accepts("[1,1]"));
        Assert.False(ConstraintProbe.Of(constraint).Accepts("[\"a\"]"));
    }

    [Fact]
    public void Nesting_stops_where_no_reader_could_follow_and_leads_into_no_dead_end()
    {
        var probe = ConstraintProbe.Of(Gemma4Constraint.Json);
        Assert.True(probe.Accepts(new string('[', 64) + new string(']', 64)));
        Assert.False(probe.Accepts(new string('[', 65)));
        var list = ConstraintProbe.Of(Gemma4Constraint.JsonSchema(JsonElement.Parse(
            """{"type":"object","properties":{"n":{"type":"object","properties":{"n":{"$ref":"#"},"v":{"type":"array"}},"required":["v"],"additionalProperties":false}},"additionalProperties":false}""")));
        var deep = string.Concat(Enumerable.Repeat("{\"n\":{\"v\":[],\"n\":", 31));
        Assert.True(list.Accepts(deep + "{}" + new string('}', 62)));
        Assert.False(list.Accepts(deep + "{\"n\":"));
    }

    [Fact]
    public void Twenty_keys_in_any_order_stay_small()
    {
        var properties = string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"k{i}\":{{\"type\":\"integer\"}}"));
        var constraint = Gemma4Constraint.JsonSchema(JsonElement.Parse(
            $"{{\"type\":\"object\",\"properties\":{{{properties}}},\"additionalProperties\":false}}"));
        var grammar = ConstraintProbe.Compile(ConstraintProbe.Nano, constraint, [1]);
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            var keys = Enumerable.Range(0, 20).OrderBy(_ => random.Next()).Select(i => $"\"k{i}\":{i}");
            Assert.True(new ConstraintProbe(ConstraintProbe.Nano, grammar).Accepts($"{{{string.Join(',', keys)}}}"));
        }

        Assert.InRange(grammar.Memory.Configurations, 1, 60_000);
    }
}
