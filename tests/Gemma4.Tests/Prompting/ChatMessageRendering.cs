using System.Text.Json.Nodes;
using Gemma4.Prompting;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Prompting;

public sealed class ChatMessageRendering
{
    private static readonly ChatMessage Question = new(ChatRole.User, "q");

    public static TheoryData<object?, string> Results() => new()
    {
        { "text", "value:~text~" },
        { "{\"t\":1}", "value:~{\"t\":1}~" },
        { null, "value:null" },
        { 42, "value:42" },
        { 2.5, "value:2.5" },
        { double.NaN, "value:~NaN~" },
        { true, "value:true" },
        { PromptText.Json("""{"b":1.0,"a":"x"}"""), "a:~x~,b:1.0" },
        { PromptText.Json("\"s\""), "value:~s~" },
        { PromptText.Json("[1,{\"k\":[]}]"), "value:[1,{k:[]}]" },
        { JsonNode.Parse("""{"n":null}"""), "n:null" },
        { new Dictionary<string, object?> { ["x"] = new[] { 1, 2 }, ["O"] = "y" }, "O:~y~,x:[1,2]" },
        { new Dictionary<string, int> { ["x"] = 1 }, "x:1" },
        { new[] { "a", "b" }, "value:[~a~,~b~]" },
        { new Forecast("Oslo", 3), "city:~Oslo~,degrees:3" },
        { new TextContent("part"), "value:~part~" },
        { "half \ud83d", "value:~half \ufffd~" },
        { PromptText.Json("""{"h":"half \ud83d"}"""), "h:~half \\ud83d~" },
        { new List<AIContent> { new TextContent("a"), new TextContent("b") }, "value:~ab~" },
    };

    [Theory]
    [MemberData(nameof(Results), DisableDiscoveryEnumeration = true)]
    public void Any_result_can_be_shown(object? result, string expected) => Assert.EndsWith(
        $"<|tool_response>response:f{{{expected}}}<tool_response|>",
        PromptText.FromChat(
            PromptText.Small,
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c1", "f")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", result)])),
        StringComparison.Ordinal);

    [Fact]
    public void A_result_that_holds_itself_is_cut_where_it_repeats()
    {
        var node = new Dictionary<string, object?> { ["name"] = "root" };
        node["children"] = new List<object> { node };

        var text = PromptText.FromChat(
            PromptText.Small,
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c1", "f")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", node)]));

        Assert.Contains("response:f{children:[~System.Collections.Generic.Dictionary", text, StringComparison.Ordinal);
        Assert.EndsWith(",name:~root~}<tool_response|>", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Error: Function failed.", "error:~Error: Function failed.~")]
    [InlineData(null, "error:~secret~")]
    public void A_failed_result_shows_what_the_caller_let_through(string? result, string expected) => Assert.EndsWith(
        $"response:f{{{expected}}}<tool_response|>",
        PromptText.FromChat(
            PromptText.Small,
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c1", "f")]),
            new ChatMessage(
                ChatRole.Tool,
                [new FunctionResultContent("c1", result) { Exception = new InvalidOperationException("secret") }])),
        StringComparison.Ordinal);

    [Fact]
    public void A_tool_round_is_one_model_turn() => Assert.Equal(
        "<bos><|turn>system\nS<turn|>\n<|turn>user\nq<turn|>\n<|turn>model\n<|channel>thought\nthink\n<channel|>Hm."
        + "<|tool_call>call:f{day:1,when:{z:[~x~,null]}}<tool_call|><|tool_call>call:g{}<tool_call|>"
        + "<|tool_response>response:f{value:~one~}<tool_response|><|tool_response>response:g{value:~two~}<tool_response|>"
        + "Done.<turn|>\n<|turn>model\n",
        PromptText.FromChat(
            PromptText.Small,
            new ChatMessage(ChatRole.System, "S"),
            Question,
            new ChatMessage(ChatRole.Assistant,
            [
                new TextReasoningContent("thi"), new TextReasoningContent("nk"), new TextContent("H"),
                new TextContent("m."),
                new FunctionCallContent("c1", "f", new Dictionary<string, object?>
                {
                    ["when"] = new Dictionary<string, object?> { ["z"] = new object?[] { "x", null } },
                    ["day"] = 1,
                }),
                new FunctionCallContent("c2", "g"), new UsageContent(new UsageDetails()),
            ]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c2", "two")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "one")]),
            new ChatMessage(ChatRole.Assistant, "Done.")));

    [Fact]
    public void Call_result_and_answer_may_share_a_message() => Assert.Equal(
        "<bos><|turn>user\nq<turn|>\n<|turn>model\n<|tool_call>call:f{}<tool_call|>"
        + "<|tool_response>response:f{value:1}<tool_response|>Done.<turn|>\n<|turn>model\n",
        PromptText.FromChat(
            PromptText.Small,
            Question,
            new ChatMessage(ChatRole.Assistant,
                [new FunctionCallContent("c", "f"), new FunctionResultContent("c", 1), new TextContent("Done.")])));

    [Fact]
    public void Reasoning_of_earlier_turns_is_dropped() => Assert.Equal(
        "<bos><|turn>user\nq<turn|>\n<|turn>model\na<turn|>\n<|turn>user\nq<turn|>\n<|turn>model\n",
        PromptText.FromChat(
            PromptText.Small,
            Question,
            new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("old"), new TextContent("a")]),
            Question));

    [Fact]
    public void Empty_messages_later_system_messages_and_neighbours_follow_the_template() => Assert.Equal(
        "<bos><|turn>system\n<turn|>\n<|turn>user\n<turn|>\n<|turn>system\nS<turn|>\n<|turn>developer\nD<turn|>\n"
        + "<|turn>model\nab<turn|>\n<|turn>user\nq<turn|>\n<|turn>model\n<|channel>thought\n<channel|>",
        PromptText.FromChat(
            PromptText.Small with { Flavor = PromptFlavor.Large },
            new ChatMessage(ChatRole.System, (string?)null),
            new ChatMessage(ChatRole.User, []),
            new ChatMessage(ChatRole.System, "S"),
            new ChatMessage(new ChatRole("developer"), "D"),
            new ChatMessage(ChatRole.Assistant, "a"),
            new ChatMessage(ChatRole.Assistant, "b"),
            new ChatMessage(ChatRole.Tool, []),
            Question));

    [Fact]
    public void Canonical_mode_shows_object_results_as_json_text() => Assert.EndsWith(
        "response:f{value:~{\"t\":1}~}<tool_response|>",
        PromptText.FromChat(
            PromptText.Small with { Canonical = true },
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c", "f")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c", PromptText.Json("{\"t\":1}"))])),
        StringComparison.Ordinal);

    public static TheoryData<AIContent, string> Refused() => new()
    {
        { new DataContent(new byte[] { 1 }, "image/png"), "image/png" },
        { new UriContent("https://example.org/a.wav", "audio/wav"), "audio/wav" },
        { new HostedFileContent("file-1"), "HostedFileContent" },
        { new FunctionCallContent("c", "f"), "FunctionCallContent" },
        { new TextReasoningContent("r"), "TextReasoningContent" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Content_with_no_place_in_a_user_message_is_refused_by_name(AIContent content, string named)
    {
        var error = Assert.Throws<NotSupportedException>(
            () => PromptText.FromChat(PromptText.Small, new ChatMessage(ChatRole.User, [content])));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_chat_role_is_refused_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(
            () => PromptText.FromChat(PromptText.Small, new ChatMessage(new ChatRole("critic"), "x")));
        Assert.Contains("'critic'", error.Message, StringComparison.Ordinal);
    }

    private sealed record Forecast(string City, int Degrees);
}
