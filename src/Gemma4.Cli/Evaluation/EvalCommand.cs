using System.Globalization;
using Gemma4.Agents.Evaluation;
using Gemma4.Cli.Arguments;
using Gemma4.Cli.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Evaluation;

/// <summary>Scores a model on function-calling questions.</summary>
internal static class EvalCommand
{
    // Room for several calls; a model that rambles on is wrong anyway.
    private const int MaxAnswerTokens = 512;

    private static readonly OptionDefinition Category =
        new("--category", "NAME", $"One of {string.Join(", ", BfclDataSet.Categories)}. Default: all that the folder has.") { Values = BfclDataSet.Categories };

    private static readonly OptionDefinition Limit = new("--limit", "N", "Asks the first N questions of each class. Default: all.");
    private static readonly OptionDefinition Guard = new("--guard", null, "Mends calls as the tool guard does before they are judged.");
    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object for each question, then one for the total.");

    public static CommandDefinition Definition { get; } = new(
        "eval bfcl",
        "DIR",
        1,
        1,
        "Scores a model on a folder of Berkeley function-calling questions; greedy, nothing is run.",
        [ModelArgument.Option, Category, Limit, Guard, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var folder = arguments.Positionals[0];
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist.");
        }

        var limit = arguments.Integer(Limit.Name, 1) ?? int.MaxValue;
        var questions = Categories(arguments, folder).SelectMany(category => BfclDataSet.Read(folder, category).Take(limit)).ToArray();
        using var model = new Gemma4ChatClient(ModelArgument.Options(arguments));
        var client = arguments.Has(Guard.Name) ? model.AsBuilder().UseToolGuard(guard => guard.MaxCorrections = 0).Build() : model;
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = MaxAnswerTokens };
        var lines = arguments.Has(Json.Name);
        List<BfclAnswer> answers = [];
        foreach (var question in questions)
        {
            answers.Add(await AskAsync(client, question, options, cancellationToken).ConfigureAwait(false));
            if (lines)
            {
                await streams.Output.WriteLineAsync(Line(answers[^1])).ConfigureAwait(false);
            }
        }

        BfclReport report = new(answers);
        await streams.Output.WriteLineAsync(lines ? Total(report) : Table(report)).ConfigureAwait(false);
    }

    // A question too long for the model is a wrong answer, not the end of the run.
    private static async Task<BfclAnswer> AskAsync(IChatClient client, FunctionCallingQuestion question, ChatOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var report = await BfclEvaluation.RunAsync(client, [question], options, progress: null, cancellationToken).ConfigureAwait(false);
            return report.Answers[0];
        }
        catch (Gemma4ContextOverflowException)
        {
            return new BfclAnswer(question.Id, question.Category, new CallVerdict(CallError.WrongCount, "the question is longer than the model's context"));
        }
    }

    private static string[] Categories(ParsedArguments arguments, string folder)
    {
        if (arguments.Has(Category.Name))
        {
            return [arguments.Choice(Category.Name, BfclDataSet.Categories.ToDictionary(name => name, name => name), "")];
        }

        string[] there = [.. BfclDataSet.Categories.Where(category => File.Exists(Path.Combine(folder, $"BFCL_v4_{category}.json")))];
        return there.Length > 0 ? there : throw new UsageException($"'{folder}' holds no BFCL_v4_*.json file.");
    }

    private static string Line(BfclAnswer answer) => JsonLine.Of(json =>
    {
        json.WriteString("id", answer.Id);
        json.WriteBoolean("right", answer.Verdict.IsRight);
        json.WriteString("error", answer.Verdict.Error.ToString());
        json.WriteString("detail", answer.Verdict.Detail);
    });

    private static string Total(BfclReport report) => JsonLine.Of(json =>
    {
        json.WriteNumber("accuracy", Math.Round(report.Accuracy, 4));
        foreach (var (category, right, count) in report.Categories)
        {
            json.WriteStartObject(category);
            json.WriteNumber("right", right);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }
    });

    private static string Table(BfclReport report)
    {
        var rows = report.Categories.Append(("all", report.Answers.Count(answer => answer.Verdict.IsRight), report.Answers.Count));
        return string.Join('\n', rows.Select(row => string.Create(
            CultureInfo.InvariantCulture, $"{row.Item1,-20} {row.Item2,5} of {row.Item3,5}  {100.0 * row.Item2 / Math.Max(1, row.Item3),5:F1} %")));
    }
}
