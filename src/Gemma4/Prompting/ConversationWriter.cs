namespace Gemma4.Prompting;

/// <summary>The template's walk over system block, turns and generation prompt.</summary>
internal sealed class ConversationWriter(PromptOptions options)
{
    private readonly SegmentBuilder _output = new();
    private bool _endsInPendingCall;
    private bool _endsInResponse;

    public RenderedPrompt Write(IReadOnlyList<PromptMessage> messages, IReadOnlyList<PromptTool> tools)
    {
        _output.Control(ControlToken.BeginOfSequence);
        var hasSystem = messages.Count > 0 && messages[0].Role is PromptRole.System or PromptRole.Developer;
        if (options.EnableThinking || tools.Count > 0 || hasSystem)
        {
            WriteSystemBlock(hasSystem ? messages[0] : null, tools);
        }

        var turns = hasSystem ? messages.Skip(1).ToArray() : messages;
        if (!options.Canonical)
        {
            turns = ToolResultMatcher.Attach(turns);
        }

        WriteTurns(turns);
        var insideThought = options.AddGenerationPrompt && WriteGenerationPrompt();
        return new RenderedPrompt(_output.ToSegments(), insideThought);
    }

    private static string RoleName(PromptRole role) => role switch
    {
        PromptRole.System => "system",
        PromptRole.Developer => "developer",
        PromptRole.User => "user",
        _ => "model",
    };

    private static string Placeholder(PromptPartKind kind) => kind switch
    {
        PromptPartKind.Image => ControlToken.Image,
        PromptPartKind.Audio => ControlToken.Audio,
        _ => ControlToken.Video,
    };

    /// <summary>Canonical naming: the call with an equal id, two missing ids being equal, and the last one wins.</summary>
    private static string CanonicalName(PromptMessage answer, IReadOnlyList<PromptCall> calls)
    {
        var call = calls.LastOrDefault(call => string.Equals(call.Id, answer.CallId, StringComparison.Ordinal));
        return call?.Name ?? answer.Name ?? ToolResultMatcher.UnknownName;
    }

    private void WriteSystemBlock(PromptMessage? system, IReadOnlyList<PromptTool> tools)
    {
        _output.Control(ControlToken.TurnStart).Plain("system\n");
        if (options.EnableThinking)
        {
            _output.Control(ControlToken.Think).Plain("\n");
        }

        foreach (var part in system?.Content ?? [])
        {
            if (part.Kind == PromptPartKind.Text)
            {
                _output.Plain(PythonText.Trim(part.Text)).Plain(system!.ContentIsParts ? " " : string.Empty);
            }
        }

        var declarations = new DeclarationWriter(_output);
        foreach (var tool in tools)
        {
            declarations.Write(tool);
        }

        _output.Control(ControlToken.TurnEnd).Plain("\n");
    }

    private void WriteTurns(IReadOnlyList<PromptMessage> turns)
    {
        var lastUser = -1;
        for (var i = 0; i < turns.Count; i++)
        {
            lastUser = turns[i].Role == PromptRole.User ? i : lastUser;
        }

        PromptMessage? previous = null;
        for (var i = 0; i < turns.Count; i++)
        {
            if (turns[i].Role == PromptRole.Tool)
            {
                continue;
            }

            var next = i + 1;
            while (next < turns.Count && turns[next].Role == PromptRole.Tool)
            {
                next++;
            }

            var message = turns[i];
            if (options.Canonical && message.Calls.Count > 0 && message.Responses.Count == 0)
            {
                message = message with
                {
                    Responses = [.. turns.Skip(i + 1).Take(next - i - 1).Select(answer =>
                        new PromptResponse(CanonicalName(answer, message.Calls), answer.Result!))],
                };
            }

            if (message.Role != PromptRole.Model || previous?.Role != PromptRole.Model)
            {
                _output.Control(ControlToken.TurnStart).Plain(RoleName(message.Role)).Plain("\n");
            }

            var keepReasoning = i > lastUser || (options.PreserveThinking && message.Calls.Count > 0);
            WriteTurn(message, keepReasoning, next < turns.Count ? turns[next] : null);
            previous = message;
        }
    }

    private void WriteTurn(PromptMessage message, bool keepReasoning, PromptMessage? next)
    {
        if (message.Reasoning.Length > 0 && keepReasoning)
        {
            _output.Control(ControlToken.ChannelStart).Plain("thought\n").Plain(message.Reasoning).Plain("\n")
                .Control(ControlToken.ChannelEnd);
        }

        // The model says its sentence, then calls. The template prints the sentence after the results, as if it were
        // the answer, and closes the turn.
        var contentFirst = !options.Canonical && !message.ContentFollowsResponses;
        var hasContent = contentFirst && WriteContent(message);
        foreach (var call in message.Calls)
        {
            _output.Control(ControlToken.CallStart).Plain("call:").Plain(call.Name).Plain("{");
            if (call.Arguments is { } arguments)
            {
                ValueWriter.WriteEntries(_output, arguments, false);
            }

            _output.Plain("}").Control(ControlToken.CallEnd);
        }

        foreach (var response in message.Responses)
        {
            WriteResponse(response);
        }

        hasContent = contentFirst ? hasContent : WriteContent(message);
        WriteTurnEnd(message, next, answered: hasContent && (!contentFirst || message.Responses.Count == 0));
    }

    private void WriteTurnEnd(PromptMessage message, PromptMessage? next, bool answered)
    {
        var hasResponses = message.Responses.Count > 0;
        var isPending = message.Calls.Count > 0 && !hasResponses;
        var goesOn = hasResponses && !answered && next is null;
        _endsInPendingCall = isPending;
        _endsInResponse = hasResponses && (options.Canonical || goesOn);

        // A call that history never answered: the template leaves an open response block in front of the next turn.
        // By default the turn is closed (or goes on) instead.
        if (isPending && (options.Canonical || next is null))
        {
            _output.Control(ControlToken.ResponseStart);
            return;
        }

        var sharesTurn = message.Role == PromptRole.Model && next?.Role == PromptRole.Model;
        if (!sharesTurn && !goesOn)
        {
            _output.Control(ControlToken.TurnEnd).Plain("\n");
        }
    }

    private void WriteResponse(PromptResponse response)
    {
        var result = response.Result;
        _output.Control(ControlToken.ResponseStart).Plain("response:").Plain(response.Name).Plain("{");
        if (result.Body.ValueKind == System.Text.Json.JsonValueKind.Object)
        {
            ValueWriter.WriteEntries(_output, result.Body, false);
        }
        else
        {
            _output.Plain(result.IsError ? "error:" : "value:");
            ValueWriter.Write(_output, result.Body, false);
        }

        _output.Plain("}").Control(ControlToken.ResponseEnd);
        foreach (var kind in result.Media)
        {
            _output.Control(Placeholder(kind));
        }
    }

    private bool WriteContent(PromptMessage message)
    {
        var written = false;
        foreach (var part in message.Content)
        {
            if (part.Kind != PromptPartKind.Text)
            {
                _output.Control(Placeholder(part.Kind));
                written = true;
                continue;
            }

            var text = message.Role == PromptRole.Model ? ThoughtStripper.Strip(part.Text) : PythonText.Trim(part.Text);
            _output.Plain(text);
            written |= text.Length > 0;
        }

        return written;
    }

    private bool WriteGenerationPrompt()
    {
        if (_endsInResponse && options.EnableThinking)
        {
            _output.Control(ControlToken.ChannelStart).Plain("thought\n");
            return true;
        }

        if (_endsInPendingCall || _endsInResponse)
        {
            return false;
        }

        _output.Control(ControlToken.TurnStart).Plain("model\n");
        if (options.Flavor == PromptFlavor.Large && !options.EnableThinking)
        {
            _output.Control(ControlToken.ChannelStart).Plain("thought\n").Control(ControlToken.ChannelEnd);
        }

        return false;
    }
}
