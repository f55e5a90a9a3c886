namespace Gemma4.Prompting;

/// <summary>
/// Default mode: puts every tool result into the model message that holds its call. Match by id, else by name, else by
/// order. Results stand in the order of the calls, so that parallel results read the same whichever came back first.
/// No result is dropped: one without a call keeps its place under its own name or <c>unknown</c>.
/// </summary>
internal static class ToolResultMatcher
{
    public const string UnknownName = "unknown";

    public static IReadOnlyList<PromptMessage> Attach(IReadOnlyList<PromptMessage> messages)
    {
        if (!messages.Any(message => message.Role == PromptRole.Tool))
        {
            return messages;
        }

        var turns = new List<Turn>();
        foreach (var message in messages)
        {
            if (message.Role == PromptRole.Tool)
            {
                Place(message, turns);
                continue;
            }

            turns.Add(new Turn(message));
        }

        return [.. turns.Select(turn => turn.ToMessage())];
    }

    private static void Place(PromptMessage answer, List<Turn> turns)
    {
        var (turn, call) = Find(answer, turns);
        if (turn is not null)
        {
            turn.Answers[call].Add(new PromptResponse(turn.Message.Calls[call].Name, answer.Result!));
            return;
        }

        var orphan = new PromptResponse(answer.Name ?? UnknownName, answer.Result!);
        var last = turns.Count > 0 ? turns[^1] : null;
        if (last is null || !last.TakesOrphans)
        {
            last = new Turn(new PromptMessage(PromptRole.Model)) { TakesOrphans = true };
            turns.Add(last);
        }

        last.Orphans.Add(orphan);
    }

    private static (Turn? Turn, int Call) Find(PromptMessage answer, List<Turn> turns)
    {
        if (answer.CallId is { Length: > 0 } id)
        {
            // Ids may repeat from turn to turn ("call_0"): the newest call still without a result comes first.
            var found = Newest(turns, (turn, i) => turn.Message.Calls[i].Id == id && turn.Answers[i].Count == 0);
            found = found.Turn is null ? Newest(turns, (turn, i) => turn.Message.Calls[i].Id == id) : found;
            if (found.Turn is not null)
            {
                return found;
            }
        }

        var latest = turns.FindLastIndex(turn => turn.Message.Calls.Count > 0);
        return latest < 0 ? (null, 0) : ByNameOrOrder(answer, turns[latest]);
    }

    private static (Turn? Turn, int Call) Newest(List<Turn> turns, Func<Turn, int, bool> matches)
    {
        for (var t = turns.Count - 1; t >= 0; t--)
        {
            for (var i = 0; i < turns[t].Message.Calls.Count; i++)
            {
                if (matches(turns[t], i))
                {
                    return (turns[t], i);
                }
            }
        }

        return (null, 0);
    }

    private static (Turn? Turn, int Call) ByNameOrOrder(PromptMessage answer, Turn turn)
    {
        var hasId = !string.IsNullOrEmpty(answer.CallId);
        var byOrder = -1;
        for (var i = 0; i < turn.Message.Calls.Count; i++)
        {
            // A call with another id is another call; an answered one has its result.
            var call = turn.Message.Calls[i];
            if (turn.Answers[i].Count > 0 || (hasId && !string.IsNullOrEmpty(call.Id)))
            {
                continue;
            }

            if (answer.Name is not null && answer.Name == call.Name)
            {
                return (turn, i);
            }

            byOrder = byOrder < 0 ? i : byOrder;
        }

        return byOrder < 0 || answer.Name is not null ? (null, 0) : (turn, byOrder);
    }

    private sealed class Turn(PromptMessage message)
    {
        public PromptMessage Message { get; } = message;

        public List<PromptResponse>[] Answers { get; } =
            [.. message.Calls.Select(_ => new List<PromptResponse>())];

        public List<PromptResponse> Orphans { get; } = [];

        public bool TakesOrphans { get; init; } = message.Calls.Count > 0;

        public PromptMessage ToMessage() => Message with
        {
            Responses = [.. Message.Responses, .. Answers.SelectMany(answers => answers), .. Orphans],
        };
    }
}
