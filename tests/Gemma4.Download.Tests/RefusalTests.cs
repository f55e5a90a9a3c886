using System.Net;
using Xunit;

namespace Gemma4.Download.Tests;

public class RefusalTests
{
    [Theory]
    [InlineData(401, null, "HF_TOKEN")]
    [InlineData(403, null, "Accept its licence at http")]
    [InlineData(403, "GatedRepo", "is gated")]
    [InlineData(404, "RepoNotFound", "does not exist")]
    [InlineData(404, "RevisionNotFound", "has no revision 'main'")]
    [InlineData(418, null, "418")]
    public async Task A_refusal_is_not_tried_again_and_says_the_way_out(int status, string? code, string words)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Override = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            return true;
        };

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains(words, error.Message);
        Assert.Equal((HttpStatusCode)status, error.StatusCode);
        Assert.Single(setup.Server.Requests);
    }

    [Fact]
    public async Task A_refused_token_never_appears_in_the_message()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Settings = setup.Settings with { Token = "hf_secret" };
        setup.Server.Override = context =>
        {
            context.Response.StatusCode = 401;
            return true;
        };

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.DoesNotContain("hf_secret", error.ToString());
        Assert.Contains("The token that was sent may not read it", error.Message);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("..\\outside")]
    [InlineData("C:outside")]
    [InlineData("C:\\outside")]
    [InlineData("a/CON")]
    [InlineData("nul.txt")]
    [InlineData("com1.json")]
    [InlineData("a/b.")]
    [InlineData("a /b")]
    [InlineData("a\u0007b")]
    [InlineData("")]
    [InlineData(".gemma4-model.json")]
    public async Task A_hostile_path_refuses_the_listing_before_any_file_is_fetched(string path)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Files[path] = HubServer.Bytes(10, 3);

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("is refused", error.Message);
        Assert.Equal(0, setup.Server.FileRequests);
        Assert.False(Directory.Exists(setup.Cache));
    }

    [Theory]
    [InlineData("MODEL.onnx")]
    [InlineData("model.onnx/inside")]
    public async Task Files_that_would_share_a_place_refuse_the_listing(string path)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Files[path] = HubServer.Bytes(10, 3);

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("appears twice", error.Message);
    }

    [Theory]
    [InlineData("""{"type":"symlink","path":"link","size":3,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "neither a file nor a directory")]
    [InlineData("""{"type":"file","path":"x","size":3}""", "no hash")]
    [InlineData("""{"type":"file","path":"x","size":3,"oid":"zz"}""", "no hash")]
    [InlineData("""{"type":"file","path":"x","size":-1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "no size")]
    [InlineData("""{"type":"file","size":1}""", "no path")]
    [InlineData("7", "not an object")]
    public async Task An_entry_that_cannot_be_verified_refuses_the_listing(string entry, string words)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Entry = (_, _) => entry;

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains(words, error.Message);
    }

    [Fact]
    public async Task A_listing_that_is_no_JSON_is_tried_again_and_then_an_error()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Entry = (_, _) => "{";

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("not valid JSON", error.Message);
        Assert.Equal(5, setup.Waits.Count);
    }

    [Fact]
    public async Task All_pages_of_a_listing_are_read()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.PageSize = 1;

        setup.AssertExact(await setup.PullAsync());

        Assert.Equal(3, setup.Server.Requests.Count(request => request.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_next_page_on_another_host_is_refused()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.Override = context =>
        {
            if (context.Request.Path.Value!.Contains("/tree/", StringComparison.Ordinal))
            {
                context.Response.Headers.Link = $"<{setup.Server.Content}more>; rel=\"next\"";
            }

            return false;
        };
        setup.Server.PageSize = 1000;

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        Assert.Contains("another host", error.Message);
        Assert.DoesNotContain(setup.Server.Requests, request => request.Port == setup.Server.Content.Port);
    }

    [Fact]
    public async Task A_mirror_that_knows_no_revisions_tells_the_commit_with_its_listing()
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();
        setup.Server.KnowsRevisions = false;

        string folder = await setup.PullAsync();

        setup.AssertExact(folder);
        Assert.Contains(setup.Server.Commit, folder);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("a/b/c")]
    [InlineData("../model")]
    [InlineData("owner/..")]
    [InlineData("owner/na me")]
    [InlineData("owner/model@")]
    [InlineData("owner/model@../x")]
    [InlineData("https://host/owner/model")]
    public async Task A_name_that_is_none_is_refused_without_a_request(string name)
    {
        await using DownloadSetup setup = await DownloadSetup.WithModelAsync();

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.Downloader.DownloadAsync(name));

        Assert.Contains("owner/name", error.Message);
        Assert.Empty(setup.Server.Requests);
    }
}
