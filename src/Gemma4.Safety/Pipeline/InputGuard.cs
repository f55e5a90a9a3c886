using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Makes from the caller's messages those that the model may see. The caller's own are not touched.</summary>
internal sealed class InputGuard(RequestRun run, ApprovalLedger ledger)
{
    private readonly Dictionary<string, string> _tools = new(StringComparer.Ordinal); // call id -> tool
    private readonly HashSet<string> _answered = [];

    /// <summary>Set when the newest input is refused.</summary>
    public Refusal? Refusal { get; private set; }

    public async ValueTask<List<ChatMessage>> RunAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var content in messages.SelectMany(message => message.Contents))
        {
            if (content is FunctionCallContent call)
            {
                _tools[call.CallId] = call.Name;
            }
            else if (content is FunctionResultContent result)
            {
                _answered.Add(result.CallId);
            }
        }

        // What was refused in an earlier turn is in the caller's history for ever; it must not refuse every later turn.
        var newest = messages.Count - 1;
        while (newest >= 0 && messages[newest].Role != ChatRole.Assistant)
        {
            newest--;
        }

        var prepared = new List<ChatMessage>(messages.Count);
        for (var index = 0; index < messages.Count && Refusal is null; index++)
        {
            var message = messages[index];
            var copy = new ChatMessage(message.Role, await ContentsAsync(message, index > newest, cancellationToken).ConfigureAwait(false))
            {
                AuthorName = await NameAsync(message.AuthorName, cancellationToken).ConfigureAwait(false),
                MessageId = message.MessageId,
                CreatedAt = message.CreatedAt,
                AdditionalProperties = message.AdditionalProperties,
            };
            prepared.Add(copy);
        }

        return prepared;
    }

    private async ValueTask<List<AIContent>> ContentsAsync(ChatMessage message, bool isNew, CancellationToken cancellationToken)
    {
        var result = new List<AIContent>();
        var texts = new List<TextContent>();
        foreach (var given in message.Contents)
        {
            run.Lower(given.Integrity());
            if (AttachedText.Unwrap(given) is not { } content)
            {
                continue; // nobody could read it
            }

            if (content is TextContent text && text.Integrity() != IntegrityLabel.Document)
            {
                texts.Add(text); // neighbours are judged together: the model reads them as one
                continue;
            }

            await FlushAsync(message.Role, texts, result, isNew, cancellationToken).ConfigureAwait(false);
            result.Add(content switch
            {
                TextContent document => await DocumentAsync(document, cancellationToken).ConfigureAwait(false),
                FunctionResultContent toolResult => await ResultAsync(toolResult, cancellationToken).ConfigureAwait(false),
                FunctionCallContent call => Forget(call),
                ToolApprovalRequestContent { ToolCall: FunctionCallContent asked } request => new ToolApprovalRequestContent(request.RequestId, Forget(asked)) { AdditionalProperties = request.AdditionalProperties },
                ToolApprovalResponseContent response => Check(response),
                TextReasoningContent thought => await ThoughtAsync(thought, cancellationToken).ConfigureAwait(false),
                DataContent data when AttachedText.TryRead(data, out var attached) => await AttachedAsync(data, attached, cancellationToken).ConfigureAwait(false),
                _ => content,
            });
        }

        await FlushAsync(message.Role, texts, result, isNew, cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async ValueTask FlushAsync(ChatRole role, List<TextContent> texts, List<AIContent> result, bool isNew, CancellationToken cancellationToken)
    {
        if (texts.Count == 0)
        {
            return;
        }

        var whole = string.Concat(texts.Select(text => text.Text));
        var first = texts[0];
        texts.Clear();
        if (role == ChatRole.System || role.Value == "developer")
        {
            result.Add(new TextContent(whole) { AdditionalProperties = first.AdditionalProperties });
            return;
        }

        var stage = role == ChatRole.Tool ? SafetyStage.ToolResult : SafetyStage.Input;
        run.Lower(stage == SafetyStage.ToolResult ? IntegrityLabel.Tool : IntegrityLabel.User);
        var hits = await run.Judge.JudgeAsync(whole, stage, cancellationToken).ConfigureAwait(false);
        var own = role == ChatRole.Assistant;
        if (isNew)
        {
            run.Judge.Report(stage, hits);
        }

        var decisive = Rewriter.Decisive(hits);
        if (!own && isNew && stage == SafetyStage.Input && decisive is { Action: SafetyAction.Refuse } refused)
        {
            Refusal = Pipeline.Refusal.Of(refused, stage);
            return;
        }

        // An answer was judged when it was given; only its personal data must leave the model's sight again.
        var seen = (own ? null : RequestRun.Withheld(hits)) ?? Rewriter.Apply(whole, hits, run.Pseudonyms);
        if (stage == SafetyStage.ToolResult)
        {
            seen = SpotlightMarks.Apply(seen, run.Policy.Tools.Spotlighting);
        }

        result.Add(new TextContent(seen) { AdditionalProperties = first.AdditionalProperties });
    }

    private async ValueTask<AIContent> DocumentAsync(TextContent document, CancellationToken cancellationToken)
    {
        run.Lower(IntegrityLabel.Document);
        var hits = await run.Judge.JudgeAsync(document.Text, SafetyStage.Document, cancellationToken).ConfigureAwait(false);
        run.Judge.Report(SafetyStage.Document, hits);
        var text = RequestRun.Withheld(hits) ?? SpotlightMarks.Apply(Rewriter.Apply(document.Text, hits, run.Pseudonyms), run.Policy.Tools.Spotlighting);
        return new TextContent(text) { AdditionalProperties = document.AdditionalProperties };
    }

    private async ValueTask<AIContent> AttachedAsync(DataContent data, string attached, CancellationToken cancellationToken)
    {
        var document = new TextContent(attached) { AdditionalProperties = data.AdditionalProperties };
        var seen = (TextContent)await DocumentAsync(document, cancellationToken).ConfigureAwait(false);
        return seen.Text == attached ? new DataContent(data.Data, data.MediaType) { Name = data.Name, AdditionalProperties = data.AdditionalProperties } : seen;
    }

    // The caller was shown values where the model had thought of placeholders.
    private async ValueTask<AIContent> ThoughtAsync(TextReasoningContent thought, CancellationToken cancellationToken)
    {
        var hits = await run.Judge.JudgeAsync(thought.Text, SafetyStage.Input, cancellationToken).ConfigureAwait(false);
        return new TextReasoningContent(Rewriter.Apply(thought.Text, hits, run.Pseudonyms)) { ProtectedData = thought.ProtectedData, AdditionalProperties = thought.AdditionalProperties };
    }

    // A name cannot hold a placeholder; one that would need it is left out.
    private async ValueTask<string?> NameAsync(string? name, CancellationToken cancellationToken) =>
        name is null || Rewriter.Strictest(await run.Judge.JudgeAsync(name, SafetyStage.Input, cancellationToken).ConfigureAwait(false)) >= SafetyAction.Redact ? null : name;

    private async ValueTask<AIContent> ResultAsync(FunctionResultContent result, CancellationToken cancellationToken)
    {
        var value = await run.ResultAsync(result.CallId, _tools.GetValueOrDefault(result.CallId), result.Result, cancellationToken).ConfigureAwait(false);
        return new FunctionResultContent(result.CallId, value) { AdditionalProperties = result.AdditionalProperties };
    }

    // The caller's history holds the values; the model saw placeholders.
    private FunctionCallContent Forget(FunctionCallContent call)
    {
        if (run.Pseudonyms is not { } pseudonyms || call.Arguments is null)
        {
            return call;
        }

        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in call.Arguments)
        {
            arguments[name] = ValueText.Of(value).Rewrite([], (text, _) => pseudonyms.Mention(text));
        }

        return new FunctionCallContent(call.CallId, call.Name, arguments) { Exception = call.Exception, InformationalOnly = call.InformationalOnly, AdditionalProperties = call.AdditionalProperties };
    }

    // The call goes on with placeholders: function invocation shows it to the model, and the guarded function restores it.
    private ToolApprovalResponseContent Check(ToolApprovalResponseContent response)
    {
        var call = response.ToolCall is FunctionCallContent function ? Forget(function) : response.ToolCall;
        // An answer whose call has its result is history and runs nothing.
        if (!response.Approved || (response.ToolCall is { } done && _answered.Contains(done.CallId)))
        {
            return new ToolApprovalResponseContent(response.RequestId, response.Approved, call) { Reason = response.Reason, AdditionalProperties = response.AdditionalProperties };
        }

        if (ledger.Redeem(response))
        {
            if (response.ToolCall is FunctionCallContent approved)
            {
                run.Approve(approved);
            }

            return new ToolApprovalResponseContent(response.RequestId, approved: true, call) { Reason = response.Reason, AdditionalProperties = response.AdditionalProperties };
        }

        return new ToolApprovalResponseContent(response.RequestId, approved: false, call)
        {
            Reason = "The approval does not belong to a call that was asked about, was altered, is too old or was used before.",
        };
    }
}
