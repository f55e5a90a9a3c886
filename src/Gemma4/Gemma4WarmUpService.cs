using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma4;

/// <summary>Loads a registered model when the host starts, if its options ask for that.</summary>
internal sealed class Gemma4WarmUpService(IServiceProvider provider, string optionsName, string? serviceKey) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        provider.GetRequiredService<IOptionsMonitor<Gemma4Options>>().Get(optionsName).WarmUpOnStart
            ? provider.GetRequiredKeyedService<Gemma4ChatClient>(serviceKey).WarmUpAsync(cancellationToken)
            : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
