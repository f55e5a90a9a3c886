using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Evaluation;

/// <summary>Asks a chat client question by question and judges the calls; nothing is run.</summary>
public static class BfclEvaluation
{
    /// <summary>Runs the questions one after the other.</summary>
    /// <param name="client">The client to judge; it must not run tools itself.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="options">Options for every question, such as the temperature; tools are added. Null means defaults.</param>
    /// <param name="progress">Told each verdict as it falls.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public static async Task<BfclReport> RunAsync(
        IChatClient client,
        IEnumerable<FunctionCallingQuestion> questions,
        ChatOptions? options = null,
        IProgress<BfclAnswer>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(questions);
        List<BfclAnswer> answers = [];
        foreach (FunctionCallingQuestion question in questions)
        {
            ChatOptions asked = options?.Clone() ?? new ChatOptions();
            asked.Tools = [.. question.Tools];
            ChatResponse response = await client.GetResponseAsync(question.Messages, asked, cancellationToken).ConfigureAwait(false);
            BfclAnswer answer = new(question.Id, question.Category, CallChecker.Check(Calls(response), question.Expected, question.Tools));
            answers.Add(answer);
            progress?.Report(answer);
        }

        return new BfclReport(answers);
    }

    // Calls that a guard inside has already refused are not the answer.
    internal static FunctionCallContent[] Calls(ChatResponse response)
    {
        HashSet<string> answered = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.CallId)];
        return [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Where(call => !answered.Contains(call.CallId))];
    }
}
