using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety;

/// <summary>Keeps a policy around a client: nothing that it blocks reaches the model or the caller, streamed or not.</summary>
internal sealed class SafetyChatClient(IChatClient innerClient, SafetyEvaluator evaluator, ApprovalLedger ledger) : DelegatingChatClient(innerClient)
{
    private const string TimeRule = "budget/time";

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var begun = await BeginAsync([.. messages], options, cancellationToken).ConfigureAwait(false);
        var (run, prepared, innerOptions, refusal, settings, clock) = begun;
        if (refusal is not null)
        {
            return Finish(new ChatResponse(), refusal, hasText: false, settings);
        }

        ChatResponse? response = null;
        try
        {
            response = await base.GetResponseAsync(prepared, innerOptions, clock.Token).ConfigureAwait(false);
        }
        catch (Exception) when (clock.IsUp)
        {
            // However the client puts it: its token ended.
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            await ThrowIfTellingAsync(run, problem).ConfigureAwait(false);
            throw;
        }

        if (response is null || clock.IsUp)
        {
            return Finish(new ChatResponse(), run.OverBudget(TimeRule, SafetyStage.Output), hasText: false, settings);
        }

        var guard = new OutputGuard(run);
        var result = new ChatResponse
        {
            ResponseId = response.ResponseId,
            ConversationId = response.ConversationId,
            CreatedAt = response.CreatedAt,
            ModelId = response.ModelId,
            FinishReason = response.FinishReason,
            Usage = response.Usage,
            AdditionalProperties = await guard.PropertiesAsync(response.AdditionalProperties, isPart: false, cancellationToken).ConfigureAwait(false),
        };
        ChatMessage? before = null;
        foreach (var message in response.Messages)
        {
            List<AIContent> contents = [];
            foreach (var content in message.Contents)
            {
                if (!guard.IsOver)
                {
                    await guard.ProcessAsync(content, contents, cancellationToken).ConfigureAwait(false);
                }
            }

            await guard.FlushAsync(contents, cancellationToken).ConfigureAwait(false);
            AddDecided(result, before, guard.TakeDecided());
            if (contents.Count > 0)
            {
                result.Messages.Add(new ChatMessage(message.Role, contents) { AuthorName = message.AuthorName, MessageId = message.MessageId, CreatedAt = message.CreatedAt, AdditionalProperties = await guard.PropertiesAsync(message.AdditionalProperties, isPart: false, cancellationToken).ConfigureAwait(false) });
            }

            before = message.Role == ChatRole.Tool ? before : message;
            if (guard.IsOver)
            {
                break;
            }
        }

        List<AIContent> held = [];
        guard.ReleaseCalls(held);
        if (held.Count > 0)
        {
            result.Messages.Add(new ChatMessage(ChatRole.Assistant, held));
        }

        return guard.IsOver ? Finish(result, guard.Refusal, guard.HasText, settings) : result;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var begun = await BeginAsync([.. messages], options, cancellationToken).ConfigureAwait(false);
        var (run, prepared, innerOptions, refusal, settings, clock) = begun;
        if (refusal is not null)
        {
            foreach (var update in Finish(new ChatResponse(), refusal, hasText: false, settings).ToChatResponseUpdates())
            {
                yield return update;
            }

            yield break;
        }

        var guard = new OutputGuard(run);
        ChatResponseUpdate? last = null;
        ChatResponseUpdate? before = null;
        ExceptionDispatchInfo? problem = null;
        var timeIsUp = false;
        var updates = base.GetStreamingResponseAsync(prepared, innerOptions, clock.Token).GetAsyncEnumerator(clock.Token);
        await using var disposal = updates.ConfigureAwait(false);
        while (!guard.IsOver)
        {
            List<AIContent> contents = [];
            ChatResponseUpdate? update = null;
            try
            {
                update = await updates.MoveNextAsync().ConfigureAwait(false) ? updates.Current : null;
            }
            catch (Exception exception)
            {
                problem = clock.IsUp ? null : ExceptionDispatchInfo.Capture(exception);
            }

            var isLate = clock.IsUp;
            update = isLate ? null : update;

            var isNext = update is not null && last is not null && (update.MessageId ?? last.MessageId) != last.MessageId;
            if (last is not null && (update is null || isNext))
            {
                // Cancelled or not, what was held back is settled: it is judged as the end that it is.
                await guard.FlushAsync(contents, problem is null ? cancellationToken : CancellationToken.None).ConfigureAwait(false);
                if (update is null && !isLate)
                {
                    guard.ReleaseCalls(contents);
                }

                if (contents.Count > 0)
                {
                    yield return Like(last, contents);
                    contents = [];
                }
            }

            if (update is null)
            {
                timeIsUp = isLate;
                break;
            }

            last = update;
            foreach (var content in update.Contents)
            {
                if (!guard.IsOver)
                {
                    await guard.ProcessAsync(content, contents, cancellationToken).ConfigureAwait(false);
                }
            }

            before = update.Role == ChatRole.Tool ? before : update;
            if (guard.TakeDecided() is { Count: > 0 } decided)
            {
                var shown = Like(before ?? update, decided);
                shown.Role = ChatRole.Assistant;
                yield return shown;
                if (contents.Count == 0 && update.FinishReason is null && !guard.IsOver)
                {
                    continue; // a question stands in the place of the result
                }
            }

            // The last word about the finish comes after the last text.
            if (update.FinishReason is not null && !guard.IsOver)
            {
                await guard.FlushAsync(contents, cancellationToken).ConfigureAwait(false);
            }

            if (!guard.IsOver)
            {
                var shown = Like(update, contents);
                shown.FinishReason = update.FinishReason;
                shown.AdditionalProperties = await guard.PropertiesAsync(update.AdditionalProperties, isPart: true, cancellationToken).ConfigureAwait(false);
                yield return shown;
            }
            else if (contents.Count > 0)
            {
                yield return Like(update, contents);
            }
        }

        if (problem is not null)
        {
            await ThrowIfTellingAsync(run, problem.SourceException).ConfigureAwait(false);
            problem.Throw();
        }

        if (guard.IsOver || timeIsUp)
        {
            var reason = guard.IsOver ? guard.Refusal : run.OverBudget(TimeRule, SafetyStage.Output);
            var end = Finish(new ChatResponse(), reason, guard.HasText, settings);
            var update = Like(last ?? new ChatResponseUpdate(ChatRole.Assistant, []), [.. end.Messages.SelectMany(message => message.Contents)]);
            update.FinishReason = end.FinishReason;
            update.AdditionalProperties = end.AdditionalProperties;
            yield return update;
        }
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType == typeof(SafetyEvaluator) ? evaluator
            : serviceKey is null && serviceType == typeof(ApprovalLedger) ? ledger
            : base.GetService(serviceType, serviceKey);
    }

    private async ValueTask<BegunRequest> BeginAsync(List<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (options?.AllowBackgroundResponses == true || options?.ContinuationToken is not null)
        {
            throw new NotSupportedException("ChatOptions.AllowBackgroundResponses and ContinuationToken are not supported by the safety stage: an answer in parts would be judged in parts. Leave them unset.");
        }

        var policies = evaluator.Policies;
        var wish = options?.AdditionalProperties?.TryGetValue(SafetyOverride.Key, out var value) == true ? value as SafetyOverride : null;
        var policy = policies.For(wish);
        var systemText = string.Join('\n', messages.Where(message => message.Role == ChatRole.System).Select(message => message.Text).Prepend(options?.Instructions ?? "")).Trim();
        var invoking = InnerClient.GetService<FunctionInvokingChatClient>();
        if (invoking?.AdditionalTools is { Count: > 0 })
        {
            throw new InvalidOperationException("FunctionInvokingChatClient.AdditionalTools cannot be guarded. Pass the tools in ChatOptions.Tools, or call UseSafety after UseFunctionInvocation.");
        }

        var judge = new TextJudge(policies, policy, evaluator.Recorder, systemText, options?.ResponseFormat);
        var run = new RequestRun(judge, evaluator.Recorder, ledger, policies.Options, invoking is not null);
        var clock = new RequestClock(policy.Budget.MaxDuration, evaluator.Recorder.TimeProvider, cancellationToken);
        try
        {
            // Before anything is judged: a text that is too long must not cost the time of judging it.
            if (run.Input.Spend(messages, options) is { } broken)
            {
                return new BegunRequest(run, messages, options, run.OverBudget(broken, SafetyStage.Input), policies.Options, clock);
            }

            var input = new InputGuard(run, ledger);
            var prepared = await input.RunAsync(messages, clock.Token).ConfigureAwait(false);
            if (input.Refusal is null)
            {
                Spotlight(prepared, policy.Tools.Spotlighting);
            }

            return new BegunRequest(run, prepared, Inner(options, run), input.Refusal, policies.Options, clock);
        }
        catch (Exception) when (clock.IsUp)
        {
            return new BegunRequest(run, messages, options, run.OverBudget(TimeRule, SafetyStage.Input), policies.Options, clock);
        }
        catch
        {
            clock.Dispose();
            throw;
        }
    }

    private static void Spotlight(List<ChatMessage> messages, Spotlighting spotlighting)
    {
        if (spotlighting != Spotlighting.None)
        {
            var instruction = spotlighting == Spotlighting.Datamark ? SpotlightMarks.DatamarkInstruction : SpotlightMarks.Instruction;
            messages.Insert(messages.FindIndex(message => message.Role != ChatRole.System) is >= 0 and var at ? at : messages.Count, new ChatMessage(ChatRole.System, instruction));
        }
    }

    private static ChatOptions? Inner(ChatOptions? options, RequestRun run)
    {
        var limit = run.Policy.Budget.MaxOutputTokens;
        if (options is null && limit is null)
        {
            return null;
        }

        var inner = options?.Clone() ?? new ChatOptions();
        if (limit is { } tokens && !(inner.MaxOutputTokens <= tokens))
        {
            inner.MaxOutputTokens = (int)Math.Min(tokens + 1L, int.MaxValue); // one more shows that the answer went over
        }

        if (inner.AdditionalProperties?.Remove(SafetyOverride.Key) == true && inner.AdditionalProperties.Count == 0)
        {
            inner.AdditionalProperties = null;
        }

        if (run.RunsTools && inner.Tools is { } tools)
        {
            inner.Tools = [.. tools.Select(tool => tool is AIFunction function ? new GuardedFunction(function, run) : tool)];
        }

        return inner;
    }

    // The message of a failing client may quote what it was sent or was about to say.
    private static async ValueTask ThrowIfTellingAsync(RequestRun run, Exception problem)
    {
        if (problem is not OperationCanceledException && !await run.IsCleanAsync(problem, SafetyStage.Output, CancellationToken.None).ConfigureAwait(false))
        {
            throw new InvalidOperationException($"The chat client failed with {problem.GetType().Name}; its message was withheld by the safety policy.");
        }
    }

    private static ChatResponse Finish(ChatResponse response, Refusal? refusal, bool hasText, SafetyOptions settings)
    {
        if (refusal is null)
        {
            response.FinishReason = ChatFinishReason.Stop;
            return response;
        }

        if (settings.Refusals == RefusalMode.Exception)
        {
            throw refusal.ToException();
        }

        if (response.Messages.Count == 0 || response.Messages[^1].Role != ChatRole.Assistant)
        {
            response.Messages.Add(new ChatMessage(ChatRole.Assistant, (IList<AIContent>)[]));
        }

        response.Messages[^1].Contents.Add(new TextContent((hasText ? "\n\n" : "") + settings.RefusalText));
        response.FinishReason = ChatFinishReason.ContentFilter;
        response.AdditionalProperties = refusal.Properties;
        return response;
    }

    // Into the message that the calls were in, if anything of it is shown, else as it.
    private static void AddDecided(ChatResponse result, ChatMessage? before, List<AIContent> decided)
    {
        if (decided.Count == 0)
        {
            return;
        }

        if (result.Messages.LastOrDefault() is not { } shown || shown.Role != ChatRole.Assistant || shown.MessageId != before?.MessageId)
        {
            shown = new ChatMessage(ChatRole.Assistant, (IList<AIContent>)[]) { AuthorName = before?.AuthorName, MessageId = before?.MessageId, CreatedAt = before?.CreatedAt };
            result.Messages.Add(shown);
        }

        foreach (var content in decided)
        {
            shown.Contents.Add(content);
        }
    }

    // A copy without the raw object, which would hold what was cut.
    private static ChatResponseUpdate Like(ChatResponseUpdate update, IList<AIContent> contents) => new(update.Role, contents)
    {
        AuthorName = update.AuthorName,
        ResponseId = update.ResponseId,
        MessageId = update.MessageId,
        ConversationId = update.ConversationId,
        ModelId = update.ModelId,
        CreatedAt = update.CreatedAt,
    };
}
