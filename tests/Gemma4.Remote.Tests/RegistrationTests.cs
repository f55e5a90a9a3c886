using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma4.Remote.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task Options_come_from_configuration()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gemma4Remote:Model"] = "google/gemma-4-E4B-it",
            ["Gemma4Remote:Endpoints:0:Url"] = server.Url.AbsoluteUri,
            ["Gemma4Remote:Endpoints:0:ApiKey"] = "from-configuration",
            ["Gemma4Remote:Thinking"] = "ChatTemplate",
            ["Gemma4Remote:RequestTimeout"] = "00:03:00",
        }).Build();
        ServiceCollection services = new();
        services.AddGemma4Remote(configuration.GetSection("Gemma4Remote"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello");

        Assert.Equal("Bearer from-configuration", server.Requests.Single().Authorization);
        Gemma4RemoteOptions options = provider.GetRequiredService<IOptions<Gemma4RemoteOptions>>().Value;
        Assert.Equal((RemoteThinking.ChatTemplate, TimeSpan.FromMinutes(3)), (options.Thinking, options.RequestTimeout));
    }

    [Fact]
    public async Task A_host_with_a_misspelt_option_does_not_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma4Remote(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Model"] = "m", ["Endpoints:0:Url"] = "http://127.0.0.1:1", ["MaxRetrys"] = "1" }).Build());
        using IHost host = builder.Build();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains("'MaxRetrys'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_wrong_options_does_not_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma4Remote(options => options.MaxRetries = 99);
        using IHost host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(failure.Failures, message => message.Contains("Endpoints", StringComparison.Ordinal));
        Assert.Contains(failure.Failures, message => message.Contains("MaxRetries", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ftp://localhost/v1")]
    [InlineData("http://user:password@localhost/v1")]
    [InlineData("http://localhost/v1?key=1")]
    public void An_address_that_is_not_one_is_refused(string url)
    {
        Gemma4RemoteOptions options = new() { Model = "gemma" };
        options.Endpoints.Add(new Gemma4RemoteEndpoint { Url = new Uri(url) });

        Assert.Throws<OptionsValidationException>(() => new Gemma4RemoteChatClient(options));
    }

    [Fact]
    public void Several_models_have_keys_and_names()
    {
        ServiceCollection services = new();
        services.AddKeyedGemma4Remote("small", new Uri("http://localhost:1/v1"), "e2b");
        services.AddKeyedGemma4Remote("large", new Uri("http://localhost:2/v1"), "31b");
        using ServiceProvider provider = services.BuildServiceProvider();

        string? NameOf(string key) => provider.GetRequiredKeyedService<IChatClient>(key).GetService<ChatClientMetadata>()?.DefaultModelId;

        Assert.Equal(("e2b", "31b"), (NameOf("small"), NameOf("large")));
        Assert.Null(provider.GetService<IChatClient>());
    }

    [Theory]
    [InlineData("""{"object":"list","data":[{"id":"gemma"}]}""", 200, HealthStatus.Healthy)]
    [InlineData("""{"object":"list","data":[{"id":"llama"}]}""", 200, HealthStatus.Unhealthy)]
    [InlineData("""{"error":{"message":"no"}}""", 401, HealthStatus.Unhealthy)]
    [InlineData("<html>", 200, HealthStatus.Unhealthy)]
    public async Task Health_is_whether_the_model_is_listed(string body, int status, HealthStatus expected)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Status(status, body));

        HealthReport report = await CheckAsync(server.Url);

        Assert.Equal(expected, report.Status);
        Assert.Equal(("/v1/models", "Bearer secret"), (server.Requests.Single().Path, server.Requests.Single().Authorization));
    }

    [Fact]
    public async Task Health_is_degraded_when_only_some_endpoints_serve_the_model()
    {
        await using FakeServer sound = await FakeServer.StartAsync(FakeServer.Status(200, """{"object":"list","data":[{"id":"gemma"}]}"""));
        await using FakeServer broken = await FakeServer.StartAsync(FakeServer.Status(500));

        HealthReport report = await CheckAsync(sound.Url, broken.Url);

        Assert.Equal(HealthStatus.Degraded, report.Status);
    }

    private static async Task<HealthReport> CheckAsync(params Uri[] urls)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddGemma4Remote(options =>
        {
            options.Model = "gemma";
            foreach (Uri url in urls)
            {
                options.Endpoints.Add(new Gemma4RemoteEndpoint { Url = url, ApiKey = "secret" });
            }
        });
        services.AddHealthChecks().AddGemma4Remote();
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    }
}
