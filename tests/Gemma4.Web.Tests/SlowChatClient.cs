using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma4.Web.Tests;

/// <summary>A model that says one thing and then goes on thinking until it is cancelled.</summary>
internal sealed class SlowChatClient : IChatClient
{
    // What never comes must not hang the suite.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task.WaitAsync(Patience);

    public Task Cancelled => _cancelled.Task.WaitAsync(Patience);

    /// <summary>In place of every model of the server.</summary>
    public void Register(IServiceCollection services)
    {
        services.AddSingleton<IChatClient>(this);
        services.AddKeyedSingleton<IChatClient>("tools", this);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new ChatResponseUpdate(ChatRole.Assistant, "Once upon a time ") { ResponseId = "slow" };
        _asked.TrySetResult();
        using CancellationTokenRegistration registration = cancellationToken.Register(() => _cancelled.TrySetResult());
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("slow", null, "slow") : null;

    public void Dispose()
    {
    }
}
