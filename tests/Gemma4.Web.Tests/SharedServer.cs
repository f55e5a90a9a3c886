namespace Gemma4.Web.Tests;

/// <summary>One server with the toy model for all tests that only ask.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public WebServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await WebServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
