using System.Diagnostics;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.Prompting;
using Microsoft.Extensions.AI;

namespace Gemma4;

public sealed partial class Gemma4ChatClient
{
    /// <summary>Loads the model if it is not loaded, so that the first request does not wait for it.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken = default)
    {
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads what requests are going to begin with, such as the system message and the tools, so that they find it in
    /// the prefix cache. Loads the model if needed. Without effect where <see cref="Gemma4Options.PrefixCache"/> is off.
    /// </summary>
    /// <param name="messages">The first messages of the requests; empty if instructions and tools are all.</param>
    /// <param name="options">Instructions, tools and reasoning as the requests will have them.</param>
    /// <param name="cancellationToken">Ends the work between two pieces of the prompt.</param>
    /// <exception cref="Gemma4ContextOverflowException">The messages do not fit into the context.</exception>
    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    public async Task WarmUpAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        RequestSettings settings = RequestSettings.From(options, _options, this, _metadata.DefaultModelId!, _constraints);
        List<ChatMessage> history = WithInstructions([.. messages], settings.Instructions);
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        LoadedModel model = lease.Model;
        if (!_options.PrefixCache.Enabled)
        {
            return;
        }

        using GenerationRequest request = new(Prefix(history, settings, model), cancellationToken) { AdapterFile = settings.AdapterFile, Priority = settings.Priority };
        await RunAsync(model, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What runs, waits and is kept at the moment. Loads nothing, and keeps nothing loaded; all zero while the model is not.
    /// </summary>
    public Gemma4Statistics GetStatistics() => _host.Peek() is not { } model ? new Gemma4Statistics() : new Gemma4Statistics
    {
        IsLoaded = true,
        RunningRequests = model.Scheduler.RunningRequests,
        QueuedRequests = model.Scheduler.QueuedRequests,
        IsQueueFull = model.Scheduler.IsFull,
        PrefixCache = model.Scheduler.CacheStatistics,
    };

    // What requests that go on from the history begin with.
    private int[] Prefix(List<ChatMessage> history, RequestSettings settings, LoadedModel model)
    {
        int[] prefix = Tokens(Render(history, settings, model, addGenerationPrompt: false), model);
        return prefix.Length <= model.Engine.MaxContextTokens
            ? prefix
            : throw new Gemma4ContextOverflowException(prefix.Length, model.Engine.MaxContextTokens);
    }

    // A request that answers nothing.
    private static async Task RunAsync(LoadedModel model, GenerationRequest request, CancellationToken cancellationToken)
    {
        model.Scheduler.Enqueue(request);
        await request.Released.ConfigureAwait(false);
        try
        {
            await request.Output.Completion.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // With the caller's token, which the caller knows, instead of the request's.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private int[] Tokens(RenderedPrompt prompt, LoadedModel model) => _turns.Restore(prompt.Encode(model.Tokenizer));

    // The next request brings the answer back as history. What the template makes of it then is found now, so that the
    // model's own tokens can take its place.
    private void Remember(List<ChatMessage> history, List<ChatResponseUpdate> updates, RequestSettings settings, LoadedModel model, GenerationRequest request)
    {
        ResponseGeneration generation = request.Generation!;
        bool hasCalls = generation.FinishReason == ChatFinishReason.ToolCalls;
        if (!model.Tokenizer.TryGetControlId(ControlToken.ChannelStart, out int channel)
            || !model.Tokenizer.TryGetControlId(hasCalls ? ControlToken.CallEnd : ControlToken.TurnEnd, out int closer))
        {
            return;
        }

        List<ChatMessage> followed = [.. history, .. updates.ToChatResponse().Messages];
        ReadOnlySpan<int> rendered = Tokens(Render(followed, settings, model, addGenerationPrompt: false), model);
        ReadOnlySpan<int> prompt = request.Prompt;
        int shared = prompt.CommonPrefixLength(rendered);
        int end = rendered.LastIndexOf(closer) + (hasCalls ? 1 : 0);

        // Beyond what they share the prompt may only have opened, or left out, a thought.
        ReadOnlySpan<int> opened = prompt[shared..];
        if (end <= shared || (!opened.IsEmpty && opened[0] != channel))
        {
            return;
        }

        // A finished turn is history without its thoughts; between call and result they stay.
        int[] generated = [.. opened, .. generation.Tokens[..^1]];
        if (hasCalls || !generated.Contains(channel))
        {
            _turns.Remember(prompt[..shared], rendered[shared..end], generated);
        }
    }

    private void Describe(Activity? activity, GenerationRequest request)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("gen_ai.request.model", _metadata.DefaultModelId);
        activity.SetTag("gen_ai.usage.input_tokens", request.Prompt.Length);
        activity.SetTag("gen_ai.usage.output_tokens", request.Generation!.OutputTokens);
        activity.SetTag("gemma4.cached_tokens", request.CachedTokens);
        TagTime(activity, "gemma4.queue.wait", request.QueuedAt, request.StartedAt);
        TagTime(activity, "gemma4.prefill.duration", request.StartedAt, request.PrefilledAt);
        TagTime(activity, "gemma4.decode.duration", request.PrefilledAt, request.EndedAt);
    }

    // In seconds; left out where the request did not come so far.
    private void TagTime(Activity activity, string name, long start, long end)
    {
        if (start != 0 && end != 0)
        {
            activity.SetTag(name, _timeProvider.GetElapsedTime(start, end).TotalSeconds);
        }
    }
}
