using Gemma4.Nano;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gemma4.Tests.Client;

public class RegistrationTests
{
    [Fact]
    public async Task AddGemma4_gives_a_working_client_with_the_stages_chained_to_it()
    {
        ServiceCollection services = new();
        services.AddGemma4(options => options.UseNano()).UseFunctionInvocation();
        await using ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();

        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        Assert.Equal("Hello! How can I help you?", (await client.GetResponseAsync("Hello")).Text);
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
    }

    [Fact]
    public async Task Two_models_live_under_keys_of_their_own()
    {
        ServiceCollection services = new();
        services.AddKeyedGemma4("a", options => options.UseNano().ModelId = "first");
        services.AddKeyedGemma4("b", options => options.UseNano().ModelId = "second");
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse first = await provider.GetRequiredKeyedService<IChatClient>("a").GetResponseAsync("Hello");
        ChatResponse second = await provider.GetRequiredKeyedService<IChatClient>("b").GetResponseAsync("Hello");

        Assert.Equal("first", first.ModelId);
        Assert.Equal("second", second.ModelId);
        Assert.Null(provider.GetService<IChatClient>());
    }

    [Fact]
    public async Task Options_bind_from_a_configuration_section()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gemma4:ModelPath"] = NanoModel.Directory,
            ["Gemma4:ModelId"] = "bound",
            ["Gemma4:PrefillChunkSize"] = "16",
            ["Gemma4:UnloadAfterIdle"] = "00:05:00",
            ["Gemma4:ThinkingBudgets:Low"] = "7",
            ["Gemma4:OnnxRuntime:IntraOpThreads"] = "1",
        }).Build();
        ServiceCollection services = new();
        services.AddGemma4(configuration.GetSection("Gemma4"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        Gemma4Options options = provider.GetRequiredService<IOptions<Gemma4Options>>().Value;

        Assert.Equal("bound", options.ModelId);
        Assert.Equal(16, options.PrefillChunkSize);
        Assert.Equal(TimeSpan.FromMinutes(5), options.UnloadAfterIdle);
        Assert.Equal(7, options.ThinkingBudgets.Low);
        Assert.Equal(1, options.OnnxRuntime.IntraOpThreads);
    }

    [Theory]
    [InlineData("ModelPth", null)]
    [InlineData("ModelPth", "small")]
    [InlineData("Scheduling:MaxConcurrentReqests", null)]
    [InlineData("OnnxRuntime:IntraOpThread", "small")]
    public async Task A_key_that_is_no_option_stops_the_host_at_start_and_is_named(string key, string? serviceKey)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ModelPath"] = NanoModel.Directory, [key] = "1" }).Build();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        _ = serviceKey is null ? builder.Services.AddGemma4(configuration) : builder.Services.AddKeyedGemma4(serviceKey, configuration);
        using IHost host = builder.Build();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains($"'{key.Split(':')[^1]}'", error.Message);
    }

    [Theory]
    [InlineData("ModelPath", "")]
    [InlineData("PrefillChunkSize", "0")]
    [InlineData("UnloadAfterIdle", "-00:00:01")]
    [InlineData("ThinkingBudgets:High", "0")]
    public async Task A_bad_option_stops_the_host_at_start_and_is_named(string key, string value)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ModelPath"] = NanoModel.Directory, [key] = value });
        builder.Services.AddGemma4(builder.Configuration);
        using IHost host = builder.Build();

        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(key.Replace(':', '.'), error.Message);
    }

    [Fact]
    public async Task Warm_up_loads_the_model_when_the_host_starts()
    {
        int loads = 0;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma4(options =>
        {
            options.UseNano().WarmUpOnStart = true;
            options.EngineFactory = folder =>
            {
                loads++;
                return new ScriptedEngine(folder.VocabularySize, 64, _ => 106);
            };
        });
        using IHost host = builder.Build();

        await host.StartAsync();
        Assert.Equal(1, loads);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_missing_folder_fails_at_the_first_request_and_names_the_way_out()
    {
        ServiceCollection services = new();
        services.AddGemma4(options => options.ModelPath = "no-such-folder");
        await using ServiceProvider provider = services.BuildServiceProvider();

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello"));

        Assert.Contains("no-such-folder", error.Message);
        Assert.Contains("gemma4 build", error.Message);
    }

    [Fact]
    public void Engine_options_out_of_range_fail_before_the_first_request()
    {
        Gemma4Options options = new Gemma4Options().UseNano();
        options.OnnxRuntime.IntraOpThreads = 0;

        OptionsValidationException error = Assert.Throws<OptionsValidationException>(() => new Gemma4ChatClient(options));

        Assert.Contains("IntraOpThreads is 0", error.Message);
    }
}
