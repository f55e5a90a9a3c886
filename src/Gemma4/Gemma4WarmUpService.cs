using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma4;

/// <summary>Loads a registered model when the host starts, and reads what requests begin with, if its options ask for that.</summary>
internal sealed class Gemma4WarmUpService(IServiceProvider provider, string optionsName, string? serviceKey) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Gemma4Options options = provider.GetRequiredService<IOptionsMonitor<Gemma4Options>>().Get(optionsName);
        if (!options.WarmUpOnStart)
        {
            return;
        }

        Gemma4ChatClient client = provider.GetRequiredKeyedService<Gemma4ChatClient>(serviceKey);
        await client.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        if (options.WarmUpInstructions is not null || options.WarmUpTools is not null)
        {
            ChatOptions beginning = new() { Instructions = options.WarmUpInstructions, Tools = [.. options.WarmUpTools?.Invoke(provider) ?? []] };
            await client.WarmUpAsync([], beginning, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
