using System.Text.Json;

namespace Gemma4.Web.Tests;

/// <summary>What is wrong with a request is said in OpenAI's shape, with the member's name.</summary>
public sealed class RequestErrorTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string User = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    [Theory]
    [InlineData("""{"model":"gemma4-nano",USER,"frobnicate":1}""", "frobnicate", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER,"n":2}""", "n", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER,"logprobs":true}""", "logprobs", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER,"temperature":3}""", "temperature", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"max_tokens":0}""", "max_tokens", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"stop":[1]}""", "stop", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"stream":true,"stream_options":{"include_obfuscation":true}}""", "stream_options.include_obfuscation", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER,"stream_options":{"include_usage":true}}""", "stream_options", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"tool_choice":"required"}""", "tool_choice", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"tools":[{"type":"web_search"}]}""", "tools[0].type", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER,"tool_choice":{"type":"function","function":{"name":"gone"}}}""", "tool_choice.function.name", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"response_format":{"type":"yaml"}}""", "response_format.type", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano","messages":[]}""", "messages", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano","messages":[{"role":"wizard","content":"Hi"}]}""", "messages[0].role", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "messages[0].content[0].type", "unsupported_parameter")]
    [InlineData("""{"model":"gemma4-nano","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{"}}]}]}""", "messages[0].tool_calls[0].function.arguments", "invalid_value")]
    [InlineData("""{USER}""", "model", "missing_required_parameter")]
    [InlineData("""{"model":"gemma4-nano",USER""", null, "invalid_json")]
    [InlineData("""[]""", "body", "invalid_value")]
    public async Task A_member_that_cannot_be_honoured_is_named(string body, string? parameter, string code)
    {
        HttpResponseMessage response = await shared.Server.PostAsync("/v1/chat/completions", body.Replace("USER", User, StringComparison.Ordinal));

        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal((parameter, code, "invalid_request_error"), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Theory]
    [InlineData("""{"model":"hashed-ngrams","input":[1,2,3]}""", "input")]
    [InlineData("""{"model":"hashed-ngrams","input":""}""", "input")]
    [InlineData("""{"model":"hashed-ngrams","input":"Hi","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"model":"hashed-ngrams","input":"Hi","user":"me"}""", "user")]
    public async Task Embeddings_are_as_strict(string body, string parameter)
    {
        HttpResponseMessage response = await shared.Server.PostAsync("/v1/embeddings", body);

        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal((400, parameter), ((int)response.StatusCode, error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_prompt_that_does_not_fit_is_told_apart()
    {
        string text = string.Concat(Enumerable.Repeat("many words ", 5000));

        HttpResponseMessage response = await shared.Server.PostAsync("/v1/chat/completions", $$"""{"model":"gemma4-nano","stream":true,"messages":[{"role":"user","content":"{{text}}"}]}""");

        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal((400, "context_length_exceeded"), ((int)response.StatusCode, error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Values_that_mean_what_the_server_does_anyway_are_accepted()
    {
        HttpResponseMessage response = await shared.Server.PostAsync("/v1/chat/completions", $$"""{"model":"gemma4-nano",{{User}},"n":1,"logprobs":false,"store":false,"stop":null,"tools":null,"parallel_tool_calls":true}""");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Thoughts_come_apart_from_the_answer()
    {
        HttpResponseMessage response = await shared.Server.PostAsync("/v1/chat/completions", """{"model":"gemma4-nano","messages":[{"role":"user","content":"What is the capital of France?"}],"reasoning_effort":"low"}""");

        JsonElement completion = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        JsonElement message = completion.GetProperty("choices")[0].GetProperty("message");
        Assert.NotEmpty(message.GetProperty("reasoning_content").GetString()!);
        Assert.True(completion.GetProperty("usage").GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task The_bytes_of_base64_are_the_floats()
    {
        async Task<JsonElement> EmbedAsync(string format)
        {
            HttpResponseMessage response = await shared.Server.PostAsync("/v1/embeddings", $$"""{"model":"hashed-ngrams","input":"Hello there","dimensions":16,"encoding_format":"{{format}}"}""");
            return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("data")[0].GetProperty("embedding");
        }

        byte[] bytes = (await EmbedAsync("base64")).GetBytesFromBase64();
        float[] floats = [.. (await EmbedAsync("float")).EnumerateArray().Select(value => value.GetSingle())];

        Assert.Equal(floats, Enumerable.Range(0, floats.Length).Select(i => BitConverter.ToSingle(bytes, i * sizeof(float))));
    }
}
