using Gemma4.Prompting;
using Xunit;

namespace Gemma4.Tests.Prompting;

/// <summary>Where the default mode leaves the published template, and where it does not.</summary>
public sealed class DefaultModeTurns
{
    private const string Call = """{"id":"c1","type":"function","function":{"name":"f","arguments":{"a":1}}}""";
    private const string CallTwo = """{"id":"c2","type":"function","function":{"name":"g","arguments":{}}}""";

    [Fact]
    public void Text_beside_a_call_stands_before_it_and_the_turn_stays_open() => Assert.Equal(
        "<bos><|turn>user\nq<turn|>\n<|turn>model\nLet me check.<|tool_call>call:f{a:1}<tool_call|>"
        + "<|tool_response>response:f{value:~r~}<tool_response|>",
        PromptText.FromJson($$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"Let me check. ","tool_calls":[{{{{Call}}}}]},
             {"role":"tool","tool_call_id":"c1","content":"r"}]
            """));

    [Fact]
    public void With_thinking_on_the_thought_opens_in_the_same_turn()
    {
        var prompt = PromptRenderer.RenderJson(PromptText.Json($$$$"""
            [{"role":"user","content":"q"},
             {"role":"assistant","content":"Hm.","reasoning_content":"R","tool_calls":[{{{{Call}}}}]},
             {"role":"tool","tool_call_id":"c1","content":"r"}]
            """), null, PromptText.Small with { EnableThinking = true });
        Assert.True(prompt.EndsInsideThought);
        Assert.EndsWith(
            "<|turn>model\n<|channel>thought\nR\n<channel|>Hm.<|tool_call>call:f{a:1}<tool_call|>"
            + "<|tool_response>response:f{value:~r~}<tool_response|><|channel>thought\n",
            PromptText.Short(prompt), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_beside_a_pending_call_stands_before_it() => Assert.EndsWith(
        "<|turn>model\nHm.<|tool_call>call:f{a:1}<tool_call|><|tool_response>",
        PromptText.FromJson($$$$"""[{"role":"assistant","content":"Hm.","tool_calls":[{{{{Call}}}}]}]"""),
        StringComparison.Ordinal);

    [Fact]
    public void Content_of_the_native_form_is_the_answer_after_the_results() => Assert.Equal(
        "<bos><|turn>model\n<|tool_call>call:f{a:1}<tool_call|><|tool_response>response:f{t:15}<tool_response|>Sunny."
        + "<turn|>\n<|turn>model\n",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","content":"Sunny.","tool_calls":[{{{{Call}}}}],
              "tool_responses":[{"name":"f","response":{"t":15}}]}]
            """));

    [Theory]
    [InlineData("""{"b":true,"A":[1.0,{"k":null}]}""", "A:[1.0,{k:null}],b:true")]
    [InlineData("{}", "")]
    [InlineData("""[{"t":1}]""", "value:[{t:1}]")]
    [InlineData("[]", "value:[]")]
    [InlineData("""[{"type":"text","text":"x"},{"type":"text","text":"y"}]""", "value:~xy~")]
    [InlineData("""{"type":"text"}""", "type:~text~")]
    [InlineData("\"{\\\"t\\\":1}\"", "value:~{\"t\":1}~")]
    [InlineData("null", "value:null")]
    [InlineData("-7", "value:-7")]
    public void Objects_become_fields_and_all_else_value(string content, string expected) => Assert.EndsWith(
        $"<|tool_response>response:f{{{expected}}}<tool_response|>",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","tool_calls":[{{{{Call}}}}]},{"role":"tool","tool_call_id":"c1","content":{{{{content}}}}}]
            """),
        StringComparison.Ordinal);

    [Fact]
    public void Results_take_the_order_and_the_names_of_their_calls() => Assert.EndsWith(
        "<|tool_response>response:f{value:1}<tool_response|><|tool_response>response:g{value:2}<tool_response|>",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","tool_calls":[{{{{Call}}}},{{{{CallTwo}}}}]},
             {"role":"tool","tool_call_id":"c2","content":2},{"role":"tool","tool_call_id":"c1","content":1}]
            """),
        StringComparison.Ordinal);

    [Fact]
    public void Without_ids_results_belong_to_the_calls_in_order() => Assert.EndsWith(
        "<|tool_response>response:f{value:1}<tool_response|><|tool_response>response:g{value:2}<tool_response|>",
        PromptText.FromJson("""
            [{"role":"assistant","tool_calls":[{"function":{"name":"f"}},{"function":{"name":"g","arguments":null}}]},
             {"role":"tool","content":1},{"role":"tool","content":2}]
            """),
        StringComparison.Ordinal);

    [Fact]
    public void A_result_that_comes_late_stands_beside_its_call() => Assert.Equal(
        "<bos><|turn>model\n<|tool_call>call:f{a:1}<tool_call|><|tool_response>response:f{value:1}<tool_response|>"
        + "<turn|>\n<|turn>user\nq<turn|>\n<|turn>model\n",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","tool_calls":[{{{{Call}}}}]},{"role":"user","content":"q"},
             {"role":"tool","tool_call_id":"c1","content":1}]
            """));

    [Fact]
    public void Repeated_ids_match_the_newest_call_without_a_result() => Assert.Equal(
        "<bos><|turn>model\n<|tool_call>call:f{a:1}<tool_call|><|tool_response>response:f{value:1}<tool_response|>"
        + "<|tool_call>call:f{a:1}<tool_call|><|tool_response>response:f{value:2}<tool_response|>",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","tool_calls":[{{{{Call}}}}]},{"role":"tool","tool_call_id":"c1","content":1},
             {"role":"assistant","tool_calls":[{{{{Call}}}}]},{"role":"tool","tool_call_id":"c1","content":2}]
            """));

    [Fact]
    public void A_result_without_a_call_is_kept_as_unknown() => Assert.Equal(
        "<bos><|turn>user\nq<turn|>\n<|turn>model\n<|tool_response>response:unknown{value:~r~}<tool_response|>"
        + "<turn|>\n<|turn>user\ns<turn|>\n<|turn>model\n",
        PromptText.FromJson("""
            [{"role":"user","content":"q"},{"role":"tool","tool_call_id":"zz","content":"r"},
             {"role":"user","content":"s"}]
            """));

    [Fact]
    public void A_result_with_a_foreign_id_stays_beside_the_calls_under_its_own_name() => Assert.EndsWith(
        "<|tool_call>call:f{a:1}<tool_call|><|tool_response>response:h{value:1}<tool_response|>",
        PromptText.FromJson($$$$"""
            [{"role":"assistant","tool_calls":[{{{{Call}}}}]},
             {"role":"tool","tool_call_id":"zz","name":"h","content":1}]
            """),
        StringComparison.Ordinal);

    [Fact]
    public void A_call_that_was_never_answered_does_not_leave_a_response_open() => Assert.Equal(
        "<bos><|turn>model\n<|tool_call>call:f{a:1}<tool_call|><turn|>\n<|turn>user\nq<turn|>\n<|turn>model\n",
        PromptText.FromJson($$$$"""[{"role":"assistant","tool_calls":[{{{{Call}}}}]},{"role":"user","content":"q"}]"""));

    [Fact]
    public void Arguments_in_the_wire_form_are_parsed() => Assert.EndsWith(
        "<|tool_call>call:f{a:[1,2.5],b:~x~}<tool_call|><|tool_response>",
        PromptText.FromJson("""
            [{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"b\":\"x\",\"a\":[1,2.5]}"}}]}]
            """),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("\"not json\"")]
    [InlineData("[1]")]
    public void Arguments_that_are_no_object_are_refused(string arguments)
    {
        var error = Assert.Throws<ArgumentException>(() => PromptText.FromJson(
            $$$$"""[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{{{{arguments}}}}}}]}]"""));
        Assert.Contains("'f'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_role_is_refused_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(
            () => PromptText.FromJson("""[{"role":"critic","content":"x"}]"""));
        Assert.Contains("'critic'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thoughts_spelled_in_assistant_text_are_stripped_by_default_too() => Assert.Contains(
        "<|turn>model\none two<turn|>\n",
        PromptText.FromJson("""
            [{"role":"assistant","content":"<|channel>thought\na<channel|>one <|channel>b<channel|>two"},
             {"role":"user","content":"r"}]
            """),
        StringComparison.Ordinal);
}
