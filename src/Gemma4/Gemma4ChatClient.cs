using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.Parsing;
using Gemma4.Prompting;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ControlToken = Gemma4.Prompting.ControlToken;

namespace Gemma4;

/// <summary>
/// Gemma 4 in this process. The model loads at the first request and is freed with the client. Safe for concurrent use:
/// requests run side by side on the shared weights (<see cref="Gemma4Options.Scheduling"/>). Stateless: the whole history
/// is sent with each request, and a <c>ConversationId</c> is neither taken nor given; what an earlier request has read of
/// it is found again by itself (<see cref="Gemma4Options.PrefixCache"/>) and counted in
/// <c>Usage.CachedInputTokenCount</c>. <c>Usage.AdditionalCounts["forced_tokens"]</c> counts the output
/// tokens that a constraint left no choice for, so that the model was not asked.
/// </summary>
/// <remarks>
/// Text in messages, tool descriptions, arguments and results is never read as a control token, so it cannot open or
/// close a turn. It can still try to persuade the model: treat foreign text as untrusted.
/// </remarks>
public sealed partial class Gemma4ChatClient : IChatClient
{
    private const string ProviderName = "gemma4";
    private const string ForcedTokensKey = "forced_tokens";
    private static readonly ChatRole DeveloperRole = new("developer");

    private readonly Gemma4Options _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ModelHost _host;
    private readonly ConstraintCache _constraints;
    private readonly GeneratedTurns _turns = new();
    private readonly ChatClientMetadata _metadata;

    /// <summary>Creates a client. Nothing is loaded yet.</summary>
    /// <param name="options">Which model and how to run it. Not to be changed afterwards.</param>
    /// <param name="loggerFactory">Where to log; null for nowhere. Prompt text appears at Trace level only.</param>
    /// <param name="timeProvider">Clock for timestamps and idle unloading; null for the system's.</param>
    /// <exception cref="OptionsValidationException">An option is missing or out of range.</exception>
    public Gemma4ChatClient(Gemma4Options options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (new Gemma4OptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(nameof(Gemma4Options), typeof(Gemma4Options), result.Failures);
        }

        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Gemma4ChatClient>();
        _constraints = new ConstraintCache(_logger);
        string modelId = options.ModelId ?? options.Model?.Split('@')[0] ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.ModelPath!)));
        _metadata = new ChatClientMetadata(ProviderName, providerUri: null, modelId);
        _host = new ModelHost(options, modelId, _timeProvider, _logger);
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option, tool or content cannot be honoured; the message names it.</exception>
    /// <exception cref="InvalidOperationException"><c>ChatOptions.ModelId</c> names another model.</exception>
    /// <exception cref="Gemma4ContextOverflowException">The prompt does not fit into the context.</exception>
    /// <exception cref="Gemma4ModelException">The model folder cannot be used.</exception>
    /// <exception cref="Gemma4ConstraintException">A schema admits nothing, is too large, or cannot be enforced strictly.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ChatMessage> history = [.. messages];
        if (history.Contains(null!))
        {
            throw new ArgumentException("The message list holds null. Remove it.", nameof(messages));
        }

        if (history.Count == 0)
        {
            throw new ArgumentException("The message list is empty. Send at least one message.", nameof(messages));
        }

        RequestSettings settings = RequestSettings.From(options, _options, this, _metadata.DefaultModelId!, _constraints);
        return StreamAsync(WithInstructions(history, settings.Instructions), settings, cancellationToken);
    }

    /// <summary>
    /// Number of input tokens that <paramref name="messages"/> with <paramref name="options"/> (tools, instructions,
    /// reasoning) cost, as a request would report them. Loads the model if needed and generates nothing.
    /// </summary>
    public async Task<int> CountTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        RequestSettings settings = RequestSettings.From(options, _options, this, _metadata.DefaultModelId!, _constraints);
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        return Tokens(Render(WithInstructions([.. messages], settings.Instructions), settings, lease.Model), lease.Model).Length;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Gives <see cref="ChatClientMetadata"/>, and from the loaded model (loading it if needed)
    /// <see cref="Gemma4Tokenizer"/>, <see cref="Gemma4ModelFolder"/> and the engine. The engine must not be used after
    /// the client was disposed or the model unloaded.
    /// </remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
        {
            return null;
        }

        if (serviceType == typeof(ChatClientMetadata))
        {
            return _metadata;
        }

        if (serviceType.IsInstanceOfType(this))
        {
            return this;
        }

        return serviceType == typeof(Gemma4Tokenizer) ? Loaded().Tokenizer
            : serviceType == typeof(Gemma4ModelFolder) ? Loaded().Folder
            : serviceType == typeof(IGenerationEngine) ? Loaded().Engine
            : serviceType == ScorerType ? Scorer
            : null;
    }

    /// <summary>Frees the model once running requests have ended. Requests made afterwards fail.</summary>
    public void Dispose() => _host.Dispose();

    private LoadedModel Loaded()
    {
        using ModelLease lease = Task.Run(() => _host.AcquireAsync(CancellationToken.None)).GetAwaiter().GetResult();
        return lease.Model;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(List<ChatMessage> history, RequestSettings settings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long started = _timeProvider.GetTimestamp();
        string responseId = "gemma4-" + ActivityTraceId.CreateRandom().ToHexString();
        DateTimeOffset createdAt = _timeProvider.GetUtcNow();
        ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
        {
            ResponseId = responseId,
            MessageId = responseId,
            ModelId = _metadata.DefaultModelId,
            CreatedAt = createdAt,
        };

        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        LoadedModel model = lease.Model;
        RenderedPrompt prompt = Render(history, settings, model);
        int[] promptTokens = Tokens(prompt, model);
        int room = model.Engine.MaxContextTokens - promptTokens.Length;
        if (room < 1)
        {
            throw new Gemma4ContextOverflowException(promptTokens.Length, model.Engine.MaxContextTokens);
        }

        if (_logger.IsEnabled(LogLevel.Trace))
        {
            Gemma4Log.Prompt(_logger, responseId, prompt.Text);
        }

        ResponseParser parser = new(model.Tokenizer, settings.Tools, prompt.EndsInsideThought, settings.StopSequences, $"call_{responseId[^8..]}_");

        // Off the caller's thread, which may be that of a user interface.
        GrammarMatcher? constraint = await Task.Run(() => _constraints.Find(settings, model, prompt.EndsInsideThought)?.Begin(), cancellationToken).ConfigureAwait(false);
        ResponseGeneration generation = new(CreateSampler(settings, model, constraint), constraint, parser, LimitsOf(settings, model, room));
        using GenerationRequest request = new(promptTokens, cancellationToken)
        {
            AdapterFile = settings.AdapterFile,
            Priority = settings.Priority,
            Generation = generation,
        };
        using Activity? activity = Gemma4Telemetry.Source.StartActivity("gemma4.generate");
        List<ChatResponseUpdate> updates = [];
        model.Scheduler.Enqueue(request);
        try
        {
            while (await request.Output.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (request.Output.TryRead(out List<AIContent>? contents))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!settings.ReturnThoughts)
                    {
                        contents.RemoveAll(content => content is TextReasoningContent);
                    }

                    if (contents.Count > 0)
                    {
                        // A copy: stages put other contents into what they were given, such as a question for a call.
                        updates.Add(Update([.. contents]));
                        yield return Update(contents);
                    }
                }
            }
        }
        finally
        {
            // The model must not be unloaded while the scheduler still has the session.
            request.Cancel();
            await request.Released.ConfigureAwait(false);
            Describe(activity, request);
        }

        if (parser.ErrorCount > 0)
        {
            Gemma4Log.UnreadableCalls(_logger, responseId, parser.ErrorCount);
        }
        else if (generation.EndedByModel && !_options.CanonicalPrompt)
        {
            Remember(history, updates, settings, model, request);
        }

        Gemma4Log.ResponseCompleted(_logger, responseId, promptTokens.Length, request.CachedTokens, generation.OutputTokens, generation.FinishReason!.Value.Value, _timeProvider.GetElapsedTime(started).TotalMilliseconds);
        UsageDetails usage = new()
        {
            InputTokenCount = promptTokens.Length,
            CachedInputTokenCount = request.CachedTokens,
            OutputTokenCount = generation.OutputTokens,
            TotalTokenCount = promptTokens.Length + generation.OutputTokens,
            ReasoningTokenCount = parser.ReasoningTokenCount,
            AdditionalCounts = generation.ForcedTokens > 0 ? new() { [ForcedTokensKey] = generation.ForcedTokens } : null,
        };
        ChatResponseUpdate last = Update([new UsageContent(usage)]);
        last.FinishReason = generation.FinishReason;
        yield return last;
    }

    private RenderedPrompt Render(List<ChatMessage> history, RequestSettings settings, LoadedModel model, bool addGenerationPrompt = true) =>
        PromptRenderer.Render(history, settings.Tools, new PromptOptions
        {
            Flavor = _options.Flavor ?? model.Folder.Flavor,
            EnableThinking = settings.EnableThinking,
            AddGenerationPrompt = addGenerationPrompt,
            Canonical = _options.CanonicalPrompt,
        });

    private static Sampler CreateSampler(RequestSettings settings, LoadedModel model, GrammarMatcher? constraint)
    {
        SamplingSettings sampling = settings.ApplySampling(model.Folder.GenerationDefaults);
        // Two equal requests without a seed are meant to differ.
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        IReadOnlyCollection<int> suppressed = settings.ToolMode is NoneChatToolMode && model.Tokenizer.TryGetControlId(ControlToken.CallStart, out int callStart)
            ? [.. model.Folder.SuppressedTokenIds, callStart]
            : model.Folder.SuppressedTokenIds;
        return new Sampler(sampling, model.Engine.VocabularySize, suppressed, constraint, seed);
    }

    private static GenerationLimits LimitsOf(RequestSettings settings, LoadedModel model, int room) => new()
    {
        MaxOutputTokens = Math.Min(settings.MaxOutputTokens ?? int.MaxValue, room),
        StopTokens = model.Folder.StopTokenIds,
        ThinkingBudget = settings.ThinkingBudget,
        ThoughtEndToken = model.Tokenizer.TryGetControlId(ControlToken.ChannelEnd, out int id) ? id : model.Folder.StopTokenIds[0],
    };

    // The template keeps one system turn at the start; instructions go before a system or developer
    // message that is already there.
    private static List<ChatMessage> WithInstructions(List<ChatMessage> history, string? instructions)
    {
        if (string.IsNullOrWhiteSpace(instructions))
        {
            return history;
        }

        if (history.Count > 0 && (history[0].Role == ChatRole.System || history[0].Role == DeveloperRole))
        {
            ChatMessage merged = new(history[0].Role, [new TextContent(instructions + "\n\n"), .. history[0].Contents]);
            return [merged, .. history.Skip(1)];
        }

        return [new ChatMessage(ChatRole.System, instructions), .. history];
    }
}
