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
    [InlineData("""{"model":"gemma4-nano"}""", "messages", "missing_required_parameter")]
    [InlineData("""{"model":"gemma4-nano","messages":[{"role":"user"}]}""", "messages[0].content", "missing_required_parameter")]
    [InlineData("""{"model":"gemma4-nano","messages":[{"role":"user","content":"Hi"},{"role":"tool","tool_call_id":"gone","content":"7"}]}""", "messages[1].tool_call_id", "invalid_value")]
    [InlineData("""{"model":"gemma4-nano",USER,"stream":true,"response_format":{"type":"json_schema"}}""", "response_format.json_schema", "missing_required_parameter")]
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
    [InlineData("""{"model":"hashed-ngrams"}""", "input")]
    [InlineData("""{"model":"hashed-ngrams","input":"Hi","dimensions":4}""", "dimensions")]
    public async Task Embeddings_are_as_strict(string body, string parameter)
    {
        HttpResponseMessage response = await shared.Server.PostAsync("/v1/embeddings", body);

        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal((400, parameter), ((int)response.StatusCode, error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task An_error_speaks_of_the_request_and_not_of_the_code()
    {
        string dimensions = await MessageAsync("/v1/embeddings", """{"model":"hashed-ngrams","input":"Hi","dimensions":4}""");
        string content = await MessageAsync("/v1/chat/completions", """{"model":"gemma4-nano","messages":[{"role":"user","content":5}]}""");

        Assert.Equal("Invalid 'dimensions': it must be from 16 to 4096.", dimensions);
        Assert.Equal("Invalid 'messages[0].content': it must be a string or an array of parts.", content);
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"gemma4-nano","input":"Hi"}""", "hashed-ngrams")]
    [InlineData("/v1/chat/completions", """{"model":"hashed-ngrams","messages":[{"role":"user","content":"Hi"}]}""", "gemma4-nano")]
    public async Task A_model_of_another_address_is_answered_with_the_one_that_is_served(string path, string body, string served) =>
        Assert.Contains($"serves '{served}'", await MessageAsync(path, body), StringComparison.Ordinal);

    [Theory]
    [InlineData("GET", "/v1/chat/completions", 405, "POST")]
    [InlineData("OPTIONS", "/v1/embeddings", 405, "POST")]
    [InlineData("DELETE", "/v1/models/gemma4-nano", 405, "GET, HEAD")]
    [InlineData("POST", "/v1/models", 405, "GET, HEAD")]
    [InlineData("HEAD", "/v1/models", 200, "")]
    [InlineData("GET", "/v1/nothing", 404, "")]
    public async Task Another_method_is_told_from_another_address(string method, string path, int status, string allowed)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        HttpResponseMessage response = await shared.Server.Http.SendAsync(request);

        Assert.Equal((status, allowed), ((int)response.StatusCode, string.Join(", ", response.Content.Headers.Allow)));
    }

    [Fact]
    public async Task Text_goes_out_as_it_is_in_errors_and_streams()
    {
        HttpResponseMessage refused = await shared.Server.PostAsync("/v1/chat/completions", $$"""{"model":"Zürich's",{{User}}}""");
        HttpResponseMessage streamed = await shared.Server.PostAsync("/v1/chat/completions", """{"model":"gemma4-nano","stream":true,"messages":[{"role":"user","content":"Tell me a joke"}]}""");

        Assert.Contains("The model 'Zürich's' does not exist", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("\\u00", await streamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task The_arguments_of_a_call_are_one_line(string stream)
    {
        HttpResponseMessage response = await shared.Server.PostAsync(
            "/v1/chat/completions",
            """{"model":"gemma4-nano","stream":STREAM,"messages":[{"role":"user","content":"What is the weather in Paris?"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"Gets the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],"tool_choice":"required"}""".Replace("STREAM", stream, StringComparison.Ordinal));

        Assert.Contains("""{\"city\":\"Paris\"}""", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
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

    private async Task<string> MessageAsync(string path, string body)
    {
        HttpResponseMessage response = await shared.Server.PostAsync(path, body);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("message").GetString()!;
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
