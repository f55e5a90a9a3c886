using System.Globalization;
using Gemma4;
using Microsoft.Extensions.AI;

namespace Company.GemmaAgent;

/// <summary>A conversation with the model, which may call the methods of <see cref="AgentTools"/>.</summary>
internal sealed class AgentConversation(IChatClient client, AgentSettings settings)
{
    private readonly List<ChatMessage> _history = [];
    private readonly ChatOptions _options = new()
    {
        Instructions = settings.Instructions is { Length: > 0 } instructions ? instructions : null,
        Tools = [.. AgentTools.All],
    };

    /// <summary>Begins a new conversation.</summary>
    public void Forget() => _history.Clear();

    /// <summary>Writes calls and answer while they come. A turn that was not finished does not become part of the conversation.</summary>
    /// <param name="question">What the user says.</param>
    /// <param name="output">Where the answer goes.</param>
    /// <param name="approveAsync">Asks whether a call, described in words, may run.</param>
    /// <param name="cancellationToken">Ends the answer.</param>
    public async Task AskAsync(string question, TextWriter output, Func<string, Task<bool>> approveAsync, CancellationToken cancellationToken)
    {
        List<ChatMessage> turn = [new(ChatRole.User, question)];
        while (turn[^1].Role == ChatRole.User)
        {
            List<ChatResponseUpdate> updates = [];
            try
            {
                await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([.. _history, .. turn], _options, cancellationToken))
                {
                    updates.Add(update);
                    await WriteAsync(update.Contents, output);
                }
            }
            catch (Gemma4ContextOverflowException overflow)
            {
                await output.WriteAsync($"{overflow.Message} /new begins a new conversation.");
                return;
            }

            if (updates.Any(update => update.FinishReason == ChatFinishReason.ContentFilter))
            {
                await output.WriteAsync(" [stopped by the safety layer]");
                return;
            }

            turn.AddMessages(updates);
            List<AIContent> decisions = [];
            foreach (ToolApprovalRequestContent request in updates.SelectMany(update => update.Contents).OfType<ToolApprovalRequestContent>())
            {
                decisions.Add(request.CreateResponse(await approveAsync(Spell((FunctionCallContent)request.ToolCall))));
            }

            if (decisions.Count > 0)
            {
                turn.Add(new ChatMessage(ChatRole.User, decisions));
            }
        }

        _history.AddRange(turn);
    }

    private static async Task WriteAsync(IEnumerable<AIContent> contents, TextWriter output)
    {
        foreach (AIContent content in contents)
        {
            switch (content)
            {
                case FunctionCallContent call:
                    await output.WriteLineAsync($"[{Spell(call)}]");
                    break;
                case FunctionResultContent result:
                    await output.WriteLineAsync($"[= {result.Result}]");
                    break;
                case TextContent text:
                    await output.WriteAsync(text.Text);
                    await output.FlushAsync();
                    break;
            }
        }
    }

    private static string Spell(FunctionCallContent call)
    {
        IEnumerable<string> arguments = call.Arguments?.Select(argument => string.Create(CultureInfo.InvariantCulture, $"{argument.Key}: {argument.Value}")) ?? [];

        // The model writes them: control characters could redraw the question whether the call may run.
        return string.Concat($"{call.Name}({string.Join(", ", arguments)})".Select(letter => char.IsControl(letter) ? ' ' : letter));
    }
}
