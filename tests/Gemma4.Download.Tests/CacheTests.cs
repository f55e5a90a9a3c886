using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

public class CacheTests
{
    [Fact]
    public async Task Offline_finds_what_was_pulled_and_asks_nobody()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        string folder = await setup.PullAsync();
        setup.Server.Requests.Clear();
        setup.Settings = setup.Settings with { Offline = true };

        Assert.Equal(folder, await setup.PullAsync());
        Assert.Equal(folder, await setup.Downloader.DownloadAsync($"{HubServer.Repository}@{setup.Server.Commit}"));
        Assert.Empty(setup.Server.Requests);
    }

    [Fact]
    public async Task Offline_says_what_is_missing_and_what_is_there()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        setup.Settings = setup.Settings with { Offline = true, Precision = "q4" };

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("q4 of 'owner/model' is not in the cache", error.Message);
        Assert.Contains("genai of main, incomplete", error.Message);
        Assert.Contains("gemma4 pull owner/model", error.Message);
        Assert.Empty(setup.Server.Requests);
    }

    [Fact]
    public async Task A_folder_that_lost_a_file_is_no_longer_complete_and_is_fetched_again()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        string folder = await setup.PullAsync();
        File.Delete(Path.Combine(folder, "model.onnx"));

        Assert.Null(setup.Downloader.FindCached(ModelReference.Parse(HubServer.Repository)));
        setup.AssertExact(await setup.PullAsync());
    }

    [Fact]
    public async Task The_list_shows_complete_and_interrupted_models_and_removing_leaves_nothing()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        string folder = await setup.PullAsync();
        setup.Settings = setup.Settings with { Exclude = ["empty.txt"] };
        await setup.InterruptAsync();
        Gemma4ModelDownloader downloader = setup.Downloader;

        IReadOnlyList<CachedModel> models = downloader.ListCached();

        Assert.Equal([true, false], models.Select(model => model.IsComplete));
        CachedModel complete = models[0];
        Assert.Equal((HubServer.Repository, "main", setup.Server.Commit, "genai", folder), (complete.Model, complete.Revision, complete.Commit, complete.Variant, complete.Directory));
        Assert.InRange(complete.Bytes, 200_300, 210_000);
        foreach (CachedModel model in models)
        {
            downloader.Remove(model);
        }

        Assert.Empty(downloader.ListCached());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(setup.Cache, "models")));
    }

    [Fact]
    public async Task Nothing_outside_the_cache_can_be_removed()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.PullAsync();
        CachedModel model = setup.Downloader.ListCached()[0];

        Assert.Throws<ArgumentException>(() => setup.Downloader.Remove(model with { Directory = setup.Folder }));
        Assert.Throws<ArgumentException>(() => setup.Downloader.Remove(model with { Directory = Path.Combine(setup.Cache, "models") }));
        Assert.True(Directory.Exists(model.Directory));
    }

    [Fact]
    public async Task Two_downloads_of_the_same_model_fetch_each_file_once()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Script("model.onnx", HubFault.Hang);
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string> first = setup.PullAsync();
        await setup.Server.Hanging.Task;
        ProgressNotes notes = new(progress =>
        {
            if (progress.Phase == ModelDownloadPhase.WaitingForOther)
            {
                waiting.TrySetResult();
            }
        });
        // Its waits are those of the first, which is let go once the second has said that it waits.
        setup.Settings = setup.Settings with { Wait = async (_, _) => await first };

        Task<string> second = setup.Downloader.DownloadAsync(HubServer.Repository, notes);
        await waiting.Task;
        setup.Server.Release.SetResult();

        Assert.Equal(await first, await second);
        Assert.Equal(2, setup.Server.FileRequests);
    }

    [Fact]
    public async Task A_model_that_is_being_downloaded_cannot_be_removed()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Script("model.onnx", HubFault.Hang);
        Task<string> pull = setup.PullAsync();
        await setup.Server.Hanging.Task;

        CachedModel model = Assert.Single(setup.Downloader.ListCached());
        Assert.Contains("is being downloaded", Assert.Throws<Gemma4DownloadException>(() => setup.Downloader.Remove(model)).Message);
        setup.Server.Release.SetResult();
        setup.AssertExact(await pull);
    }

    [Fact]
    public async Task Too_little_space_is_said_with_both_figures_before_a_file_is_fetched()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Settings = setup.Settings with { FreeSpace = _ => 150_000 };

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("200.3 kB", error.Message);
        Assert.Contains("150.0 kB", error.Message);
        Assert.Equal(0, setup.Server.FileRequests);
    }

    [Fact]
    public async Task Bytes_that_are_already_here_need_no_space()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        setup.Settings = setup.Settings with { FreeSpace = _ => 150_000 };

        setup.AssertExact(await setup.PullAsync());
    }

    [Fact]
    public async Task An_output_folder_holds_the_model_itself_and_the_cache_none()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        string output = Path.Combine(setup.Folder, "here", "model");
        setup.Settings = setup.Settings with { OutputDirectory = output };
        await setup.InterruptAsync();
        Assert.False(Directory.Exists(output));

        Assert.Equal(output, await setup.PullAsync());

        setup.AssertExact(output);
        Assert.Empty(setup.Downloader.ListCached());
        Assert.Equal([output], Directory.EnumerateFileSystemEntries(Path.Combine(setup.Folder, "here")));
        setup.Settings = setup.Settings with { Offline = true };
        Assert.Equal(output, await setup.PullAsync());
    }

    [Fact]
    public async Task An_output_folder_with_other_things_is_refused_and_left_alone()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        string mine = Path.Combine(setup.Folder, "mine.txt");
        await File.WriteAllTextAsync(mine, "mine");
        setup.Settings = setup.Settings with { OutputDirectory = setup.Folder };

        Assert.Contains("not empty", (await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync())).Message);
        Assert.Equal("mine", await File.ReadAllTextAsync(mine));
    }

    [Fact]
    public void The_cache_follows_the_system_and_GEMMA4_CACHE_goes_first()
    {
        Dictionary<string, string> environment = new() { ["HOME"] = "/home/me", ["XDG_CACHE_HOME"] = "relative", ["LOCALAPPDATA"] = "/local" };

        Assert.Equal("/home/me/.cache/gemma4", DownloadSettings.DefaultCache(environment.GetValueOrDefault, isWindows: false));
        Assert.Equal("/local/gemma4", DownloadSettings.DefaultCache(environment.GetValueOrDefault, isWindows: true));
        environment["XDG_CACHE_HOME"] = "/xdg";
        Assert.Equal("/xdg/gemma4", DownloadSettings.DefaultCache(environment.GetValueOrDefault, isWindows: false));
        environment["GEMMA4_CACHE"] = "/mine";
        Assert.Equal("/mine", DownloadSettings.DefaultCache(environment.GetValueOrDefault, isWindows: false));
    }

    [Fact]
    public async Task Endpoint_and_token_come_from_options_then_environment_then_file()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await File.WriteAllTextAsync(Path.Combine(setup.Folder, "token"), "from-file\n");
        Dictionary<string, string> environment = new() { ["HF_HOME"] = setup.Folder };
        DownloadSettings Read(ModelDownloadOptions options) => DownloadSettings.From(options, TimeProvider.System, environment.GetValueOrDefault);

        Assert.Equal(("https://huggingface.co/", "from-file"), (Read(new()).Endpoint.ToString(), Read(new()).Token));
        (environment["HF_ENDPOINT"], environment["HF_TOKEN"]) = ("https://mirror.example/hub", "from-environment");
        Assert.Equal(("https://mirror.example/hub", "from-environment"), (Read(new()).Endpoint.ToString(), Read(new()).Token));
        ModelDownloadOptions own = new() { Endpoint = new Uri("http://plain.example") };
        Assert.Null(Read(own).Token);
        own.Token = "mine";
        Assert.Contains("unencrypted", Assert.Throws<ArgumentException>(() => Read(own)).Message);
        environment["HF_ENDPOINT"] = "mirror";
        Assert.Contains("HF_ENDPOINT", Assert.Throws<Gemma4DownloadException>(() => Read(new())).Message);
    }
}
