namespace Gemma4.Cli.Tests.Inspect;

public sealed class GrammarInspectorTests
{
    [Theory]
    [InlineData("""{"schema":{"type":"integer","maximum":12},"text":"12"}""", """{"accepted":true,"prefix":true,"at":2}""")]
    [InlineData("""{"schema":{"type":"integer","maximum":12},"text":"13"}""", """{"accepted":false,"prefix":false,"at":1}""")]
    [InlineData("""{"schema":{"const":"ü"},"text":"\"ü"}""", """{"accepted":false,"prefix":true,"at":3}""")]
    [InlineData("""{"regex":"a+","text":"aab"}""", """{"accepted":false,"prefix":false,"at":2}""")]
    [InlineData("""{"choices":["yes","no"],"text":"no"}""", """{"accepted":true,"prefix":true,"at":2}""")]
    [InlineData("""{"grammar":"root ::= \"a\" root | \"b\"","text":"aab"}""", """{"accepted":true,"prefix":true,"at":3}""")]
    [InlineData("""{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}],"toolMode":"required","text":"<|tool_call>call:f{a:<|\"|>x<|\"|>}<tool_call|>"}""", """{"accepted":true,"prefix":true,"at":45}""")]
    [InlineData("""{"tools":[{"name":"f"}],"toolMode":"f","text":"f"}""", """{"accepted":false,"prefix":false,"at":0}""")]
    public async Task A_text_is_judged_by_its_first_byte_that_cannot_be(string line, string answer)
    {
        var run = await CliRun.WithInput(line, ["inspect", "grammar"]);

        Assert.Equal(answer, run.Json(0).GetRawText());
    }

    [Fact]
    public async Task A_schema_that_cannot_be_held_is_an_error_and_without_strict_a_warning()
    {
        var run = await CliRun.WithInput(
            """
            {"schema":{"type":"array","uniqueItems":true},"text":"[]"}
            {"schema":{"type":"array","uniqueItems":true},"strict":false,"text":"[]"}
            {"text":"x"}
            """,
            ["inspect", "grammar"]);

        Assert.Contains("uniqueItems", run.Json(0).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, run.Json(1).GetProperty("warnings").GetArrayLength());
        Assert.Contains("was expected", run.Json(2).GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
