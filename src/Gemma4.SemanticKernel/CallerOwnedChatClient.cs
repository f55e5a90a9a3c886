using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>A client that was handed over ready-made: the container must not dispose it.</summary>
internal sealed class CallerOwnedChatClient : DelegatingChatClient
{
    public CallerOwnedChatClient(IChatClient innerClient)
        : base(innerClient)
    {
    }

    [SuppressMessage("Usage", "CA2215", Justification = "The base class would dispose the inner client.")]
    protected override void Dispose(bool disposing)
    {
        // The caller disposes what the caller made.
    }
}
