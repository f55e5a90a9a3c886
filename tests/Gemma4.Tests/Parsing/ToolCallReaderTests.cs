using System.Text.Json;
using Gemma4.Parsing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Parsing;

public sealed class ToolCallReaderTests
{
    private const string Schema = """
        {"type":"object","properties":{
          "zip":{"type":"string"},"note":{"type":["string","null"]},"mode":{"enum":["fast","slow"]},
          "count":{"type":"integer"},"text":{"$ref":"#/$defs/Text"},"maybe":{"anyOf":[{"type":"string"},{"type":"null"}]},
          "place":{"type":"object","properties":{"zip":{"type":"string"},"n":{"type":"integer"}}},
          "tags":{"type":"array","items":{"type":"string"}},"any":{"type":["string","integer"]}},
         "$defs":{"Text":{"type":"string"}}}
        """;

    [Theory]
    [InlineData("call:t{zip:02134}", """{"zip":"02134"}""")]
    [InlineData("call:t{zip:2134,count:2134}", """{"zip":"2134","count":2134}""")]
    [InlineData("call:t{zip:true,mode:fast}", """{"zip":"true","mode":"fast"}""")]
    [InlineData("call:t{zip:null,note:None}", """{"zip":null,"note":null}""")]
    [InlineData("call:t{text:1.50,maybe:7,any:7}", """{"text":"1.50","maybe":"7","any":7}""")]
    [InlineData("call:t{place:{zip:007,n:7},count:1}", """{"place":{"zip":"007","n":7},"count":1}""")]
    [InlineData("call:t{tags:[1,b,^c^]}", """{"tags":["1","b","c"]}""")]
    [InlineData("call:t{text:a, b: c, count:3}", """{"text":"a, b: c","count":3}""")]
    [InlineData("call:t{text:a, text: c}", """{"text":"a, text: c"}""")]
    [InlineData("call:t{text:{\"x\":1}}", """{"text":"{\"x\":1}"}""")]
    [InlineData("call:t{text:see, http://x.y/?a=1, count:3}", """{"text":"see, http://x.y/?a=1","count":3}""")]
    [InlineData("call:t{text:}", """{"text":""}""")]
    [InlineData("call:t{zip:12 34^,count:1}", """{"zip":"12 34","count":1}""")]
    public void Declared_types_decide_between_readings(string text, string expected)
    {
        Assert.Equal(expected, Json(Reader("t").Read(Marked(text))));
    }

    [Theory]
    [InlineData("call:f{n:123456789012345678901234567890,x:1000.0,y:-0.10E+5}", """{"n":123456789012345678901234567890,"x":1000.0,"y":-0.10E+5}""")]
    [InlineData("call:f{a:.5,b:-.5,c:1.,d:1.e3}", """{"a":0.5,"b":-0.5,"c":1.0,"d":1.0e3}""")]
    [InlineData("call:f{a:-,b:1e,c:0x1f,d:1.2.3,e:+5}", """{"a":"-","b":"1e","c":"0x1f","d":"1.2.3","e":"+5"}""")]
    [InlineData("call:f{a:True,b:False,c:None,d:nul}", """{"a":true,"b":false,"c":null,"d":"nul"}""")]
    [InlineData("call:f{a:\"x\\u0041\\n\\q\",b:'it\\'s',c:'it's'}", """{"a":"xA\n\\q","b":"it's","c":"it's"}""")]
    [InlineData("call:f{a:\"say \"hi\" now\",b:1}", """{"a":"say \"hi\" now","b":1}""")]
    [InlineData("call:f({a:1})", """{"a":1}""")]
    [InlineData("call:f(a:1}", """{"a":1}""")]
    [InlineData("call: f {a : 1 , b = 2}", """{"a":1,"b":2}""")]
    [InlineData("call:f{^a^:^x^,b^:^y^}", """{"a":"x","b":"y"}""")]
    [InlineData("call:f{a:[^x^,{b:[1, 2 ]}", """{"a":["x",{"b":[1,2]}]}""")]
    [InlineData("call:f{a:1,b", """{"a":1}""")]
    [InlineData("call:f{a:1,b:", """{"a":1}""")]
    [InlineData("call:f{a:^say^ b^}", null)]
    [InlineData("call:f{a}", null)]
    [InlineData("call:f{a:,b:1}", null)]
    [InlineData("call:f{a:[1,,2]}", null)]
    [InlineData("call:{a:1}", null)]
    [InlineData("call:f", null)]
    public void Deviations_are_repaired_with_evidence_only(string text, string? expected)
    {
        var reading = Reader("t").Read(Marked(text));
        Assert.Equal(expected, reading.Arguments is null ? null : Json(reading));
        Assert.Equal(expected is null, reading.Error is not null);
    }

    [Theory]
    [InlineData("call:functions.t{}", "t")]
    [InlineData("call:default_api:t{}", "t")]
    [InlineData("call:other.u{}", "other.u")]
    [InlineData("call:t", "t")]
    [InlineData("t{}", "t")]
    public void Declared_names_decide_which_function_is_meant(string text, string expected)
    {
        var reading = Reader("t").Read(text);
        Assert.Equal(expected, reading.Name);
        Assert.Null(reading.Error);
    }

    [Fact]
    public void Arguments_nest_to_the_limit_and_no_deeper()
    {
        var reader = Reader("t");
        Assert.Null(reader.Read(Nested(ArgumentScanner.MaxDepth - 1)).Error);
        Assert.Contains("64", reader.Read(Nested(ArgumentScanner.MaxDepth)).Error, StringComparison.Ordinal);
        Assert.Contains("64", reader.Read(Nested(100_000)).Error, StringComparison.Ordinal);

        static string Nested(int depth) => "call:f{a:" + new string('[', depth) + new string(']', depth) + "}";
    }

    [Fact]
    public void Only_a_call_without_its_closing_bracket_counts_as_cut_off()
    {
        var reader = Reader("t");
        Assert.False(reader.Read(Marked("call:f{a:^x}")).IsCutOff);
        Assert.False(reader.Read(Marked("call:f{a:^x^}")).IsCutOff);
        Assert.True(reader.Read(Marked("call:f{a:^x")).IsCutOff);
        Assert.True(reader.Read(Marked("call:f{a:{b:1}")).IsCutOff);
    }

    [Fact]
    public void Lone_surrogates_become_replacement_characters()
    {
        var reading = Reader("t").Read(Marked("call:f{\ud800:^a\udc00b\ud83d\ude00^,c:\"\\ud800\"}"));
        Assert.Null(reading.Error);
        Assert.Equal("a\ufffdb\ud83d\ude00", ((JsonElement)reading.Arguments!["\ufffd"]!).GetString());
        Assert.Equal("\ufffd", ((JsonElement)reading.Arguments["c"]!).GetString());
    }

    [Fact]
    public void Null_arguments_are_null_and_all_others_are_JSON_elements()
    {
        var arguments = Reader("t").Read("call:f{a:null,b:1000.0}").Arguments!;
        Assert.Null(arguments["a"]);
        Assert.Equal("1000.0", Assert.IsType<JsonElement>(arguments["b"]).GetRawText());
    }

    // ^ stands for the delimiter token.
    private static string Marked(string text) => text.Replace('^', ToolCallReader.Delimiter);

    private static ToolCallReader Reader(string name) => new(new DeclaredTools(
        [AIFunctionFactory.CreateDeclaration(name, null, JsonDocument.Parse(Schema).RootElement)]));

    private static string Json(ToolCallReading reading)
    {
        Assert.Null(reading.Error);
        return "{" + string.Join(",", reading.Arguments!.Select(
            a => $"\"{a.Key}\":{(a.Value is JsonElement value ? value.GetRawText() : "null")}")) + "}";
    }
}
