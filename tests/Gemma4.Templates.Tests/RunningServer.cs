using System.Text;
using System.Text.RegularExpressions;

namespace Gemma4.Templates.Tests;

/// <summary>A web project on a free port of this machine.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private RunningServer(ChildProcess process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    public static async Task<RunningServer> StartAsync(TemplateWorkshop workshop, MadeProject project, IReadOnlyDictionary<string, string>? environment = null)
    {
        ChildProcess process = workshop.Start(project, workshop.EmptyFolder(), environment, "--urls", "http://127.0.0.1:0");
        try
        {
            await process.WaitForAsync("Application started.", TimeSpan.FromMinutes(1));
            return new RunningServer(process, new Uri(Address().Match(process.Output).Value));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public Task<HttpResponseMessage> PostAsync(string json) => Client.PostAsync("/chat", new StringContent(json, Encoding.UTF8, "application/json"));

    public Task<HttpResponseMessage> AskAsync(string question) => PostAsync($$"""{"messages":[{"role":"user","content":"{{question}}"}]}""");

    /// <summary>Asks the server to end and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _process.TerminateAsync();
        return await _process.EndAsync(TimeSpan.FromMinutes(1));
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return _process.DisposeAsync();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
