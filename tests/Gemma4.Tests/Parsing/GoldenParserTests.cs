using System.Text.Json;
using Gemma4.Parsing;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Parsing;

public sealed class GoldenParserTests
{
    private static readonly JsonElement Cases = JsonDocument
        .Parse(File.ReadAllBytes(TestData.Path("goldens", "tool-call-parser.json"))).RootElement.GetProperty("cases");

    public static TheoryData<string> Ids()
    {
        var ids = new TheoryData<string>();
        foreach (var item in Cases.EnumerateArray())
        {
            ids.Add(item.GetProperty("id").GetString()!);
        }

        return ids;
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_published_case_comes_out_as_expected_under_every_chunking(string id)
    {
        var item = Cases.EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);
        var tools = Tools(item.GetProperty("tools"));
        var inThought = item.GetProperty("startsInside").GetString() == "thought";

        // In this one case the marker is prose: the model writes it with ordinary tokens, which reach the parser as text.
        var transcript = new Transcript(item.GetProperty("input").GetString()!, literal: id == "literal-marker-in-prose");

        Check(_ => false);
        Check(_ => true);
        for (var cut = 0; cut < transcript.TextLength; cut++)
        {
            Check(position => position == cut);
        }

        void Check(Func<int, bool> cutAfter)
        {
            var machine = new ResponseStateMachine(new DeclaredTools(tools), inThought);
            var outcome = transcript.Parse(machine, cutAfter);
            var expected = item.GetProperty("expected");
            Assert.Equal(expected.GetProperty("content").GetString(), outcome.Text);
            Assert.Equal(expected.GetProperty("reasoning").GetString(), outcome.Reasoning);
            Assert.Equal(expected.GetProperty("errors").GetInt32(), outcome.Errors);
            Assert.Equal(outcome.Errors, outcome.Contents.OfType<FunctionCallContent>().Count(c => c.Exception is not null));
            var calls = expected.GetProperty("calls");
            Assert.Equal(calls.GetArrayLength(), outcome.Calls.Count);
            for (var i = 0; i < outcome.Calls.Count; i++)
            {
                Assert.Equal(calls[i].GetProperty("name").GetString(), outcome.Calls[i].Name);
                var actual = JsonSerializer.SerializeToElement(outcome.Calls[i].Arguments);
                Assert.True(Same(calls[i].GetProperty("arguments"), actual), actual.GetRawText());
            }
        }
    }

    private static List<AIFunctionDeclaration> Tools(JsonElement tools) =>
    [
        .. tools.EnumerateArray().Select(t => AIFunctionFactory.CreateDeclaration(
            t.GetProperty("name").GetString()!, null, t.GetProperty("parameters"))),
    ];

    // Numbers by value where they are written differently (108. is 108.0), and by their digits otherwise.
    private static bool Same(JsonElement expected, JsonElement actual) => (expected.ValueKind, actual.ValueKind) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => expected.GetRawText() == actual.GetRawText()
            || (expected.GetDouble().Equals(actual.GetDouble()) && !actual.TryGetInt64(out _)),
        (JsonValueKind.Array, JsonValueKind.Array) => expected.GetArrayLength() == actual.GetArrayLength()
            && expected.EnumerateArray().Zip(actual.EnumerateArray()).All(p => Same(p.First, p.Second)),
        (JsonValueKind.Object, JsonValueKind.Object) => expected.EnumerateObject().Count() == actual.EnumerateObject().Count()
            && expected.EnumerateObject().All(m => actual.TryGetProperty(m.Name, out var value) && Same(m.Value, value)),
        _ => JsonElement.DeepEquals(expected, actual),
    };
}
