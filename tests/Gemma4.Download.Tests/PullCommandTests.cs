using System.Globalization;
using System.Text.Json;
using Gemma4.Cli;
using Gemma4.Cli.Download;
using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

public class PullCommandTests
{
    [Fact]
    public async Task Pull_list_and_remove_are_one_story()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();

        (int code, string output, string error) = await RunAsync(setup, "pull", HubServer.Repository);
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith(": 0.2 MB\n", output);
        setup.AssertExact(output.Split(": ")[0]);

        string[] columns = (await RunAsync(setup, "models", "list")).Output.TrimEnd().Split('\t');
        Assert.Equal([HubServer.Repository, "main", "aaaaaaaaaaaa", "genai", "0.2 MB"], columns[..5]);
        Assert.Equal("complete", columns[6]);

        string line = (await RunAsync(setup, "models", "list", "--json")).Output;
        Assert.EndsWith("}\n", line);
        JsonElement model = JsonElement.Parse(line);
        Assert.Equal(
            ["model", "revision", "commit", "variant", "bytes", "last_used", "directory", "complete"],
            model.EnumerateObject().Select(member => member.Name));
        Assert.Equal(HubServer.Repository, model.GetProperty("model").GetString());
        Assert.Equal("main", model.GetProperty("revision").GetString());
        Assert.True(Directory.Exists(model.GetProperty("directory").GetString()));
        Assert.True(model.GetProperty("complete").GetBoolean());
        Assert.True(model.GetProperty("bytes").GetInt64() > 0);
        Assert.NotEqual(default, model.GetProperty("last_used").GetDateTimeOffset());

        (code, output, error) = await RunAsync(setup, "models", "remove", "owner/modle");
        Assert.Equal(1, code);
        Assert.Contains("Did you mean 'owner/model'?", error);

        Assert.Equal((0, "removed owner/model main genai\n", ""), await RunAsync(setup, "models", "remove", HubServer.Repository));
        (code, output, error) = await RunAsync(setup, "models", "list");
        Assert.Equal((0, ""), (code, output));
        Assert.Contains("no model has been fetched", error);
    }

    [Fact]
    public async Task A_pulled_checkpoint_points_to_the_builder()
    {
        await using DownloadSetup setup = await DownloadSetup.StartAsync();
        setup.Server.Files["model.safetensors"] = HubServer.Bytes(2000, 1);

        (int code, _, string error) = await RunAsync(setup, "pull", HubServer.Repository);

        Assert.Equal(0, code);
        Assert.Contains("gemma4 build", error);
    }

    [Theory]
    [InlineData("pull", "needs OWNER/NAME[@REVISION]. Usage: gemma4 pull")]
    [InlineData("pull a/b --precison q4", "Did you mean '--precision'?")]
    [InlineData("pull a/b --precision q4 --include *.json", "exclude each other")]
    [InlineData("pull a/b --include a,,b", "empty pattern")]
    [InlineData("pull a/b --parallel 17", "from 1 to 16")]
    [InlineData("plul a/b", "Did you mean 'pull'?")]
    [InlineData("models lst", "Did you mean 'list'?")]
    public async Task Wrong_usage_exits_with_2_and_one_line(string line, string words)
    {
        (int code, _, string error) = await RunAsync(null, line.Split(' '));

        Assert.Equal(2, code);
        Assert.Contains(words, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_failure_exits_with_1_and_one_line()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();

        (int code, string output, string error) = await RunAsync(setup, "pull", "owner/other");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("does not exist", error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_cancelled_pull_exits_with_130_and_the_next_one_ends_it()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Script("model.onnx", HubFault.Hang);
        using CancellationTokenSource stop = new();

        Task<(int Code, string Output, string Error)> run = RunAsync(setup, stop.Token, "pull", HubServer.Repository);
        await setup.Server.Hanging.Task;
        await stop.CancelAsync();

        Assert.Equal(130, (await run).Code);
        Assert.Equal(0, (await RunAsync(setup, "pull", HubServer.Repository)).Code);
    }

    [Fact]
    public async Task Offline_pull_of_nothing_says_what_is_missing()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();

        (int code, _, string error) = await RunAsync(setup, "pull", HubServer.Repository, "--offline");

        Assert.Equal(1, code);
        Assert.Contains("none of it is there", error);
        Assert.Empty(setup.Server.Requests);
    }

    [Fact]
    public void The_bar_tells_files_bytes_speed_and_time_left() => Assert.Equal(
        "1/3 files, 50.0/200.0 MB, 10.0 MB/s, 00:00:15 left",
        DownloadDisplay.Describe(new ModelDownloadProgress(
            ModelDownloadPhase.Downloading, 50_000_000, 200_000_000, 1, 3, 10_000_000, TimeSpan.FromSeconds(15))));

    private static Task<(int Code, string Output, string Error)> RunAsync(DownloadSetup? setup, params string[] words) =>
        RunAsync(setup, CancellationToken.None, words);

    private static async Task<(int Code, string Output, string Error)> RunAsync(DownloadSetup? setup, CancellationToken cancellationToken, params string[] words)
    {
        using StringReader input = new("");
        using StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        string[] place = setup is null ? [] : ["--cache", setup.Cache];
        string[] hub = setup is null || words[0] != "pull" ? [] : ["--endpoint", setup.Server.Address.ToString()];
        int code = await CliApplication.RunAsync([.. words, .. place, .. hub], input, output, error, cancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
