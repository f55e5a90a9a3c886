using System.Net;
using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

public class TransferTests
{
    private const string Big = "model.onnx";

    [Fact]
    public async Task A_model_arrives_byte_for_byte_and_a_second_pull_fetches_no_file()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();

        string folder = await setup.PullAsync();
        int requests = setup.Server.FileRequests;

        setup.AssertExact(folder);
        Assert.Equal(2, requests);
        Assert.Equal(folder, await setup.PullAsync());
        Assert.Equal(requests, setup.Server.FileRequests);
        Assert.Empty(setup.Partials());
    }

    [Theory]
    [InlineData(nameof(HubFault.Cut))]
    [InlineData(nameof(HubFault.Truncate))]
    [InlineData(nameof(HubFault.ShortLength))]
    [InlineData(nameof(HubFault.TooMany))]
    [InlineData(nameof(HubFault.Corrupt))]
    [InlineData(nameof(HubFault.Compress))]
    [InlineData(nameof(HubFault.Busy))]
    [InlineData(nameof(HubFault.TooManyRequests))]
    [InlineData(nameof(HubFault.Broken))]
    [InlineData(nameof(HubFault.RangeNotSatisfiable))]
    [InlineData(nameof(HubFault.RedirectLoop))]
    public async Task A_fault_is_noticed_and_the_next_attempt_brings_the_file(string fault)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        // Every redirect of a loop is an answer of its own, and ten are followed.
        setup.Script(Big, [.. Enumerable.Repeat(Enum.Parse<HubFault>(fault), fault == nameof(HubFault.RedirectLoop) ? 11 : 1)]);

        setup.AssertExact(await setup.PullAsync());

        Assert.Single(setup.Waits);
    }

    [Theory]
    [InlineData(nameof(HubFault.IgnoreRange), 0)]
    [InlineData(nameof(HubFault.PieceOnly), 0)]
    [InlineData(nameof(HubFault.WrongRangeStart), 1)]
    [InlineData(nameof(HubFault.WrongRangeTotal), 1)]
    [InlineData(nameof(HubFault.NoContentRange), 1)]
    [InlineData(nameof(HubFault.ChangeTag), 0)]
    [InlineData(nameof(HubFault.Cut), 1)]
    [InlineData(nameof(HubFault.Corrupt), 1)]
    [InlineData(nameof(HubFault.TooMany), 1)]
    [InlineData(nameof(HubFault.RangeNotSatisfiable), 1)]
    public async Task A_fault_while_continuing_is_noticed_too(string fault, int waits)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        setup.Waits.Clear();
        setup.Script(Big, Enum.Parse<HubFault>(fault));

        setup.AssertExact(await setup.PullAsync());

        Assert.Equal(waits, setup.Waits.Count);
    }

    [Fact]
    public async Task A_range_of_changed_content_is_noticed_by_its_tag_where_the_server_ignores_the_condition()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        setup.Waits.Clear();
        setup.Server.MoveTag(Big);
        setup.Script(Big, HubFault.IgnoreIfRange);

        setup.AssertExact(await setup.PullAsync());

        Assert.Single(setup.Waits);
        Assert.Equal(2, setup.Server.Requests.Count(request => request.IsFile && request.File == Big));
    }

    [Fact]
    public async Task Continuing_asks_for_the_rest_under_the_condition_that_nothing_changed()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        long there = await setup.InterruptAsync();

        setup.AssertExact(await setup.PullAsync());

        HubRequest request = Assert.Single(setup.Server.Requests, request => request.IsFile && request.File == Big);
        Assert.InRange(there, 1, 199_999);
        Assert.Equal($"bytes={there}-", request.Range);
        Assert.NotNull(request.IfRange);
    }

    [Fact]
    public async Task A_tail_that_never_reached_the_disk_costs_the_file_a_new_start()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        string part = Assert.Single(setup.Partials());
        using (FileStream stream = File.OpenWrite(part))
        {
            stream.Seek(-100, SeekOrigin.End);
            stream.Write(new byte[100]);
        }

        setup.AssertExact(await setup.PullAsync());
    }

    [Fact]
    public async Task Without_its_journal_a_beginning_is_not_trusted()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        await setup.InterruptAsync();
        string journal = Directory.EnumerateFiles(setup.Folder, "journal.json", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(journal, "{\"parts\":[");

        setup.AssertExact(await setup.PullAsync());

        Assert.Null(Assert.Single(setup.Server.Requests, request => request.IsFile && request.File == Big).Range);
    }

    [Fact]
    public async Task A_newer_commit_continues_the_files_that_did_not_change()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        long there = await setup.InterruptAsync();
        setup.Server.Commit = new string('b', 40);
        setup.Server.Files.Remove("empty.txt");
        setup.Server.Files["new.json"] = HubServer.Bytes(10, 4);

        setup.AssertExact(await setup.PullAsync());

        Assert.Contains(setup.Server.Requests, request => request.Range == $"bytes={there}-");
    }

    [Fact]
    public async Task A_hub_that_cannot_be_reached_is_told_with_what_may_help()
    {
        await using DownloadSetup setup = await DownloadSetup.StartAsync();
        setup.Settings = setup.Settings with { MaxAttempts = 2 };
        await setup.Server.DisposeAsync();

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Matches(@"in 2 attempts: [^.]*\(127\.0\.0\.1:[0-9]+\)\. What is already here stays; .* HTTPS_PROXY names a proxy, HF_ENDPOINT another hub\.$", error.Message);
    }

    [Fact]
    public async Task A_file_that_is_always_damaged_ends_in_an_error_after_the_allowed_attempts()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Settings = setup.Settings with { MaxAttempts = 3 };
        setup.Server.Fault = request => request.File == Big ? HubFault.Corrupt : HubFault.None;

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains(Big, error.Message);
        Assert.Contains("3 attempts", error.Message);
        Assert.Equal(3, setup.Server.Requests.Count(request => request.IsFile && request.File == Big));
        Assert.Empty(Directory.GetDirectories(Path.Combine(setup.Cache, "models", "owner--model"), setup.Server.Commit));
        setup.Server.Fault = _ => HubFault.None;
        setup.AssertExact(await setup.PullAsync());
    }

    [Fact]
    public async Task A_listing_with_a_wrong_size_is_an_error_that_names_both_figures()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Entry = (path, content) => HubServer.DefaultEntry(path, content).Replace("\"size\":200000", "\"size\":199999", StringComparison.Ordinal);

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("200000", error.Message);
        Assert.Contains("199999", error.Message);
    }

    [Fact]
    public async Task Waits_double_with_each_failure_and_obey_the_server_where_it_asks_for_more()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Script(Big, HubFault.Broken, HubFault.Broken, HubFault.Busy, HubFault.TooManyRequests);

        await setup.PullAsync();

        Assert.Equal([1, 2, 7, 8], setup.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task A_server_that_wants_hours_of_patience_is_an_error_with_the_time()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Override = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7200";
            return true;
        };

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("02:00:00", error.Message);
        Assert.Equal(HttpStatusCode.TooManyRequests, error.StatusCode);
        Assert.Empty(setup.Waits);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_the_host_it_redirects_to()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Settings = setup.Settings with { Token = "hf_secret" };
        setup.Server.Fault = _ => HubFault.Redirect;

        setup.AssertExact(await setup.PullAsync());

        ILookup<bool, HubRequest> byHost = setup.Server.Requests.ToLookup(request => request.Port == setup.Server.Address.Port);
        Assert.All(byHost[true], request => Assert.Equal("Bearer hf_secret", request.Authorization));
        Assert.All(byHost[false], request => Assert.Null(request.Authorization));
        Assert.Equal(2, byHost[false].Count());
    }

    [Fact]
    public async Task A_silent_connection_is_given_up_and_tried_again()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        FiringTime time = new();
        setup.Settings = setup.Settings with { Time = time, MaxParallelFiles = 1, MaxAttempts = 100 };
        setup.Script(Big, HubFault.Hang);

        Task<string> pull = setup.PullAsync();
        await setup.Server.Hanging.Task;
        // The timer of this moment may be that of the headers or of the body, or just change: until one took effect.
        while (setup.Waits.IsEmpty)
        {
            time.FireAll();
            await Task.Yield();
        }

        setup.AssertExact(await pull);
    }

    [Fact]
    public async Task Progress_ends_with_everything_done_and_never_exceeds_the_total()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Settings = setup.Settings with { Time = new SteppingTime() };
        setup.Script(Big, HubFault.Cut, HubFault.Corrupt);
        ProgressNotes notes = new(_ => { });

        await setup.Downloader.DownloadAsync(HubServer.Repository, notes);

        Assert.All(notes.Heard, progress => Assert.InRange(progress.BytesDone, 0, progress.BytesTotal));
        ModelDownloadProgress last = notes.Heard[^1];
        Assert.Equal((ModelDownloadPhase.Done, 200_300L, 200_300L, 3, 3), (last.Phase, last.BytesDone, last.BytesTotal, last.FilesDone, last.FilesTotal));
        Assert.Contains(notes.Heard, progress => progress is { BytesPerSecond: > 0, Remaining: not null });
    }
}
