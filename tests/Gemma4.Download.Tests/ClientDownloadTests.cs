using Gemma4.Models.Download;
using Gemma4.Nano;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gemma4.Download.Tests;

public class ClientDownloadTests
{
    [Fact]
    public async Task A_model_by_name_is_fetched_once_for_all_callers_and_reported_under_its_name()
    {
        await using DownloadSetup setup = await WithNanoAsync();
        using Gemma4ChatClient client = new(Options(setup));

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.GetResponseAsync("Hello")));

        Assert.All(responses, response => Assert.Equal(HubServer.Repository, response.ModelId));
        Assert.Equal(setup.Server.Files.Count, setup.Server.FileRequests);
    }

    [Fact]
    public async Task One_caller_gives_up_and_the_others_get_their_model()
    {
        await using DownloadSetup setup = await WithNanoAsync();
        setup.Script("model.onnx", HubFault.Hang);
        using Gemma4ChatClient client = new(Options(setup));
        using CancellationTokenSource stop = new();
        Task impatient = client.WarmUpAsync(stop.Token);
        Task patient = client.WarmUpAsync();
        await setup.Server.Hanging.Task;

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        setup.Server.Release.SetResult();
        await patient;

        Assert.Equal(setup.Server.Files.Count, setup.Server.FileRequests);
    }

    [Fact]
    public async Task The_last_caller_to_give_up_stops_the_download_and_a_later_one_continues_it()
    {
        await using DownloadSetup setup = await WithNanoAsync();
        const string Largest = "model.onnx.data"; // is fetched first
        setup.Script(Largest, HubFault.Hang);
        Gemma4Options options = Options(setup);
        using CancellationTokenSource stop = new();
        options.Download.MaxParallelFiles = 1;
        options.Download.Progress = progress =>
        {
            if (progress.BytesDone > 0)
            {
                stop.Cancel();
            }
        };
        using Gemma4ChatClient client = new(options, timeProvider: new SteppingTime());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.WarmUpAsync(stop.Token));
        await client.WarmUpAsync();

        Assert.Single(new Gemma4ModelDownloader(options.Download).ListCached());
        HubRequest[] requests = [.. setup.Server.Requests.Where(request => request.IsFile && request.File == Largest)];
        Assert.Equal(2, requests.Length);
        Assert.Null(requests[0].Range);
        Assert.NotNull(requests[1].Range);
    }

    [Fact]
    public async Task Without_permission_the_cache_is_all_and_the_error_says_both_ways_out()
    {
        await using DownloadSetup setup = await WithNanoAsync();
        Gemma4Options options = Options(setup);
        options.Download.Allow = false;
        using Gemma4ChatClient client = new(options);

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => client.GetResponseAsync("Hello"));
        Assert.Contains("gemma4 pull owner/model", error.Message);
        Assert.Contains("Download.Allow", error.Message);
        Assert.Empty(setup.Server.Requests);

        await setup.PullAsync();
        setup.Server.Requests.Clear();
        Assert.NotEmpty((await client.GetResponseAsync("Hello")).Messages);
        Assert.Empty(setup.Server.Requests);
    }

    [Fact]
    public async Task A_checkpoint_is_refused_before_it_is_fetched_because_it_must_be_built()
    {
        await using DownloadSetup setup = await DownloadSetup.StartAsync();
        setup.Server.Files["model.safetensors"] = HubServer.Bytes(100, 1);
        setup.Server.Files["config.json"] = HubServer.Bytes(100, 1);
        using Gemma4ChatClient client = new(Options(setup));

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => client.GetResponseAsync("Hello"));

        Assert.Contains("gemma4 build", error.Message);
        Assert.Equal(0, setup.Server.FileRequests);
    }

    [Fact]
    public async Task A_given_handler_sends_every_request()
    {
        await using DownloadSetup setup = await WithNanoAsync();
        using SocketsHttpHandler inner = new();
        using CountingHandler counting = new(inner);
        Gemma4Options options = Options(setup);
        options.Download.HandlerFactory = () => counting;
        using Gemma4ChatClient client = new(options);

        await client.WarmUpAsync();

        Assert.Equal(setup.Server.Requests.Count, counting.Count);
    }

    [Fact]
    public void Model_and_download_bind_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Model"] = "owner/model@v1",
            ["Download:Allow"] = "true",
            ["Download:Endpoint"] = "https://mirror.example",
            ["Download:CacheDirectory"] = "models",
            ["Download:Precision"] = "q4",
            ["Download:Exclude:0"] = "*.md",
        }).Build();
        ServiceCollection services = new();
        services.AddGemma4(configuration);
        using ServiceProvider provider = services.BuildServiceProvider();

        Gemma4Options options = provider.GetRequiredService<IOptions<Gemma4Options>>().Value;

        Assert.Equal("owner/model@v1", options.Model);
        Assert.True(options.Download.Allow);
        Assert.Equal(new Uri("https://mirror.example"), options.Download.Endpoint);
        Assert.Equal(("models", "q4", "*.md"), (options.Download.CacheDirectory, options.Download.Precision, Assert.Single(options.Download.Exclude)));
    }

    [Theory]
    [InlineData("folder", "owner/model", 4, "exclude each other")]
    [InlineData(null, "model", 4, "Gemma4Options.Model is 'model'")]
    [InlineData(null, "owner/model", 17, "Download.MaxParallelFiles is 17")]
    public void A_model_that_cannot_be_meant_is_refused_at_once(string? path, string model, int parallel, string words)
    {
        Gemma4Options options = new() { ModelPath = path, Model = model };
        options.Download.MaxParallelFiles = parallel;

        Assert.Contains(words, Assert.Throws<OptionsValidationException>(() => new Gemma4ChatClient(options)).Message);
    }

    private static async Task<DownloadSetup> WithNanoAsync()
    {
        DownloadSetup setup = await DownloadSetup.StartAsync();
        foreach (string path in Directory.EnumerateFiles(NanoModel.Directory))
        {
            if (!path.EndsWith(".md", StringComparison.Ordinal))
            {
                setup.Server.Files[Path.GetFileName(path)] = await File.ReadAllBytesAsync(path);
            }
        }

        return setup;
    }

    private static Gemma4Options Options(DownloadSetup setup) => new()
    {
        Model = HubServer.Repository,
        Download = { Allow = true, Endpoint = setup.Server.Address, CacheDirectory = setup.Cache },
        EngineFactory = folder => new ScriptedEngine(folder.VocabularySize, 64, tokens => tokens.Count % 2 == 0 ? 600 : 106),
    };

    private sealed class CountingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private int _count;

        public int Count => _count;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
