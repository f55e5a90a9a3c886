using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gemma4.Web.Tests;

/// <summary>Who may ask, how much, and from where.</summary>
public sealed class AccessTests
{
    private const string Key = "a-key-of-enough-letters";
    private const string Question = """{"model":"slow","messages":[{"role":"user","content":"Hi"}],"stream":true}""";

    [Theory]
    [InlineData("--urls", "http://0.0.0.0:5080")]
    [InlineData("--urls", "http://127.0.0.1:5080;http://*:5081")]
    [InlineData("--http_ports", "5080")]
    [InlineData("--Kestrel:Endpoints:Open:Url", "http://192.0.2.1:80")]
    public void Other_machines_are_served_only_with_a_key(string name, string value)
    {
        var refusal = Assert.Throws<ServerOptionsException>(() => ChatServer.Create([name, value]));

        Assert.Contains("--api-key", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(ChatServer.Create([name, value, "--api-key", Key]));
    }

    [Fact]
    public void A_key_that_can_be_guessed_is_refused() =>
        Assert.Throws<ServerOptionsException>(() => ChatServer.Create(["--api-key", "short"]));

    [Theory]
    [InlineData("--urls", "nowhere", "'nowhere' is no address")]
    [InlineData("--requests-per-minute", "many", "RequestsPerMinute")]
    [InlineData("--Server:Colour", "red", "Colour")]
    [InlineData("--colour", "red", "There is no switch '--colour'. Usage: ")]
    [InlineData("--documents", "/no/such/folder", "'/no/such/folder' does not exist")]
    public void A_setting_that_means_nothing_is_refused_before_the_start(string name, string value, string told)
    {
        var refusal = Assert.Throws<ServerOptionsException>(() => ChatServer.Create([name, value]));

        Assert.Contains(told, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_model_is_refused_before_the_start() =>
        Assert.Contains("does not exist", Assert.Throws<Gemma4ModelException>(() => ChatServer.Create(["--model", "/no/such/model"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, 401)]
    [InlineData("a-key-of-other-letters!", 401)]
    [InlineData(Key, 200)]
    public async Task A_key_is_asked_for_where_there_is_something_to_get(string? given, int expected)
    {
        await using WebServer server = await WebServer.StartAsync(null, "--api-key", Key);
        server.Http.DefaultRequestHeaders.Authorization = given is null ? null : new AuthenticationHeaderValue("Bearer", given);

        foreach (string path in new[] { "/v1/models", "/chat", "/metrics" })
        {
            HttpResponseMessage response = await server.Http.GetAsync(path);
            Assert.Equal((path, expected), (path, (int)response.StatusCode));
            if (expected == 401)
            {
                Assert.Contains("invalid_api_key", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task Another_name_for_this_machine_is_not_served()
    {
        await using WebServer server = await WebServer.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models") { Headers = { Host = "evil.example" } };

        Assert.Equal(HttpStatusCode.BadRequest, (await server.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_form_of_another_page_cannot_ask()
    {
        await using WebServer server = await WebServer.StartAsync();

        HttpResponseMessage response = await server.Http.PostAsync("/chat", new StringContent("""{"messages":[{"role":"user","text":"Hi"}]}""", Encoding.UTF8, "text/plain"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using WebServer server = await WebServer.StartAsync(null, "--Server:MaxBodyBytes", "1000");

        HttpResponseMessage response = await server.PostAsync("/v1/chat/completions", $$"""{"model":"{{new string('x', 2000)}}"}""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("request_too_large", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_caller_cannot_ask_without_end()
    {
        await using WebServer server = await WebServer.StartAsync(null, "--requests-per-minute", "2");
        await server.Http.GetAsync("/v1/models");
        await server.Http.GetAsync("/v1/models");

        HttpResponseMessage third = await server.Http.GetAsync("/v1/models");

        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal("rate_limit_exceeded", JsonElement.Parse(await third.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task A_full_server_turns_requests_away_and_a_client_that_leaves_makes_room()
    {
        SlowChatClient slow = new();
        await using WebServer server = await WebServer.StartAsync(slow.Register, "--Server:ConcurrentRequests", "1", "--Server:QueuedRequests", "0");
        using CancellationTokenSource leave = new();
        Task first = server.PostAsync("/v1/chat/completions", Question, leave.Token);
        await slow.Asked;

        HttpResponseMessage second = await server.PostAsync("/v1/chat/completions", Question);
        await leave.CancelAsync();

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        await slow.Cancelled;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task The_program_says_why_it_does_not_start()
    {
        ProcessStartInfo start = new("dotnet", [typeof(ChatServer).Assembly.Location, "--urls", "http://0.0.0.0:0"]) { RedirectStandardError = true };
        using Process program = Process.Start(start)!;

        string said = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();

        Assert.Equal(1, program.ExitCode);
        Assert.Contains("can be reached from other machines", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_may_run_only_its_own_files()
    {
        await using WebServer server = await WebServer.StartAsync();

        HttpResponseMessage page = await server.Http.GetAsync("/");

        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Metrics_count_requests_and_tokens()
    {
        await using WebServer server = await WebServer.StartAsync();
        await server.PostAsync("/v1/chat/completions", """{"model":"gemma4-nano","messages":[{"role":"user","content":"Hello"}]}""");

        string metrics = await server.Http.GetStringAsync("/metrics");

        Assert.Contains("http_server_request_duration", metrics, StringComparison.Ordinal);
        Assert.Contains("gen_ai_client_token_usage", metrics, StringComparison.Ordinal);
    }
}
