using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>A request whose input is judged: what the model gets, or why it gets nothing.</summary>
internal sealed record BegunRequest(RequestRun Run, List<ChatMessage> Messages, ChatOptions? Options, Refusal? Refusal, SafetyOptions Settings, RequestClock Clock) : IDisposable
{
    public void Dispose() => Clock.Dispose();
}
