using System.Text.Json;
using Gemma4.Cli.Arguments;
using Gemma4.Cli.Chat;
using Gemma4.Retrieval.Chat;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Retrieval;

/// <summary>Answers a question from an index, and prints what the answer rests on.</summary>
internal static class AskCommand
{
    private const int DefaultTop = 4;
    private const int LeastCandidates = 50;

    private static readonly OptionDefinition Top =
        new("--top", "N", "Most passages that the model gets. Default: 4; 1 for the demo model, which was trained on one.");

    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object.");

    public static CommandDefinition Definition { get; } = new(
        "ask",
        "QUESTION...",
        1,
        int.MaxValue,
        """
        Answers from the documents of 'index', with its sources.

        After the answer come the passages that the model got, a star before those it cites.
        With --json all is one line: the members of 'chat --json', and "passages", each with "number", "document", "title",
        "heading", "page", "offset", "score", "cited" and "text", "unknown" (numbers cited that no passage has) and "unsupported"
        (sentences that cite nothing, or say what is not in what they cite).
        """,
        [ModelArgument.Option, DocumentIndex.Option, DocumentIndex.TenantOption, DocumentIndex.EmbeddingOption, Top, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var question = string.Join(' ', arguments.Positionals);
        if (string.IsNullOrWhiteSpace(question))
        {
            throw new UsageException("the question is empty.");
        }

        var asked = arguments.Integer(Top.Name, 1);
        using var index = await DocumentIndex.OpenAsync(arguments, mustExist: true, cancellationToken).ConfigureAwait(false);
        await index.RequireDocumentsAsync(cancellationToken).ConfigureAwait(false);
        using var model = new Gemma4ChatClient(ModelArgument.Options(arguments));
        if (asked is null && ModelArgument.IsNano(model))
        {
            asked = 1;
            await streams.Error.WriteLineAsync(
                $"gemma4: the demo model gets the best passage only: it was trained on one and mixes up several. {Top.Name} N gives it more.").ConfigureAwait(false);
        }

        var top = asked ?? DefaultTop;
        DocumentSearch search = new(index.Chunks, index.Embeddings, new DocumentSearchOptions { Top = top, Candidates = Math.Max(top, LeastCandidates) });
        using var client = model.AsBuilder().UseRetrieval(search, options => options.Tenant = _ => index.Tenant).Build();
        ChatOptions options = new() { Temperature = 0 };
        if (arguments.Has(Json.Name))
        {
            await new Conversation(client, options, new JsonDisplay(streams, ModelArgument.ModelId(client), WriteReport)).AskAsync(question, cancellationToken).ConfigureAwait(false);
            return;
        }

        ChatDisplay display = new(streams);
        var response = await new Conversation(client, options, display).AskAsync(question, cancellationToken).ConfigureAwait(false);
        if (CitationReport.Of(response) is { } report)
        {
            Show(report, display);
        }
    }

    private static void Show(CitationReport report, ChatDisplay display)
    {
        foreach (var (index, source) in report.Sources.Index())
        {
            var page = source.Page is { } number ? $", page {number}" : "";
            var mark = report.Cited.Contains(index + 1) ? "*" : " ";
            display.Line($"{mark} [{index + 1}] {source.DocumentId}{page}: {string.Join(' ', source.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}");
        }

        foreach (var sentence in report.Unsupported)
        {
            display.Line($"no cited source says: {sentence}");
        }
    }

    // An answer that was interrupted has no report.
    private static void WriteReport(Utf8JsonWriter json, ChatResponse response)
    {
        var report = CitationReport.Of(response) ?? new CitationReport([], [], [], []);
        json.WriteStartArray("passages");
        foreach (var (index, source) in report.Sources.Index())
        {
            json.WriteStartObject();
            json.WriteNumber("number", index + 1);
            json.WriteString("document", source.DocumentId);
            json.WriteString("title", source.Title);
            json.WriteString("heading", source.Heading);
            WriteOptional(json, "page", source.Page);
            json.WriteNumber("offset", source.Offset);
            WriteOptional(json, "score", report.Scores[index]);
            json.WriteBoolean("cited", report.Cited.Contains(index + 1));
            json.WriteString("text", source.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("unknown");
        foreach (var number in report.Unknown)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
        json.WriteStartArray("unsupported");
        foreach (var sentence in report.Unsupported)
        {
            json.WriteStringValue(sentence);
        }

        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
