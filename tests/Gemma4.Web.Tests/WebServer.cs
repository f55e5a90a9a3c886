using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma4.Web.Tests;

/// <summary>The sample itself, listening on a free port of this machine.</summary>
public sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebServer(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = Url };
    }

    public Uri Url => new(_app.Urls.Single());

    public HttpClient Http { get; }

    public static async Task<WebServer> StartAsync(Action<IServiceCollection>? configure = null, params string[] args)
    {
        string[] all = ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--requests-per-minute", "100000", .. args];
        WebApplication app = ChatServer.Create(all, configure);
        await app.StartAsync();
        return new WebServer(app);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json, CancellationToken cancellationToken = default) =>
        Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
