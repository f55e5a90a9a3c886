using Gemma4.Cli.Arguments;
using Gemma4.Retrieval.Chat;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Retrieval;

/// <summary>Answers a question from an index, and prints what the answer rests on.</summary>
internal static class AskCommand
{
    private static readonly OptionDefinition Top = new("--top", "N", "Most passages. Default: 4.");

    public static CommandDefinition Definition { get; } = new(
        "ask",
        "QUESTION...",
        1,
        int.MaxValue,
        "Answers from the documents of 'index', with its sources.",
        [ModelArgument.Option, DocumentStore.Option, DocumentStore.Tenant, Top],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var top = arguments.Integer(Top.Name, 1) ?? 4;
        using var store = DocumentStore.Open(arguments, mustExist: true);
        using var collection = DocumentStore.Documents(store);
        using var embeddings = DocumentStore.Embeddings();
        DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = top, Candidates = Math.Max(top, 50) });
        using var client = new Gemma4ChatClient(ModelArgument.Options(arguments)).AsBuilder()
            .UseRetrieval(search, options => options.Tenant = _ => arguments.Text(DocumentStore.Tenant.Name) ?? "").Build();
        var response = await client.GetResponseAsync(string.Join(' ', arguments.Positionals), new ChatOptions { Temperature = 0 }, cancellationToken).ConfigureAwait(false);
        await streams.Output.WriteLineAsync(response.Text).ConfigureAwait(false);
        if (CitationReport.Of(response) is not { Sources.Count: > 0 } report)
        {
            await streams.Output.WriteLineAsync("No passage was found.").ConfigureAwait(false);
            return;
        }

        foreach (var (index, source) in report.Sources.Index())
        {
            var page = source.Page is { } number ? $", page {number}" : "";
            var mark = report.Cited.Contains(index + 1) ? "*" : " ";
            await streams.Output.WriteLineAsync($"{mark} [{index + 1}] {source.DocumentId}{page}: {string.Join(' ', source.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}").ConfigureAwait(false);
        }

        foreach (var sentence in report.Unsupported)
        {
            await streams.Output.WriteLineAsync($"not supported by what it cites: {sentence}").ConfigureAwait(false);
        }
    }
}
