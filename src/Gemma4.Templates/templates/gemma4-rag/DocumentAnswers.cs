using Gemma4;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Chat;
using Microsoft.Extensions.AI;

namespace Company.GemmaDocuments;

/// <summary>Answers questions from the indexed documents, each by itself.</summary>
internal sealed class DocumentAnswers(IChatClient client)
{
    // The likeliest words: an answer is to be what the sources say, not one of several ways to say it.
    private static readonly ChatOptions Options = new() { Temperature = 0 };

    /// <summary>Writes the answer while it comes, then its sources and what the check of the citations found.</summary>
    public async Task AskAsync(string question, TextWriter output, CancellationToken cancellationToken)
    {
        List<ChatResponseUpdate> updates = [];
        try
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, Options, cancellationToken))
            {
                updates.Add(update);
                await output.WriteAsync(update.Text);
                await output.FlushAsync(cancellationToken);
            }
        }
        catch (Gemma4ContextOverflowException overflow)
        {
            await output.WriteLineAsync(overflow.Message);
            return;
        }

        await output.WriteLineAsync();
        if (CitationReport.Of(updates.ToChatResponse()) is { } report)
        {
            await WriteSourcesAsync(report, output);
        }
    }

    private static async Task WriteSourcesAsync(CitationReport report, TextWriter output)
    {
        foreach (int number in report.Cited)
        {
            DocumentChunk source = report.Sources[number - 1];
            await output.WriteLineAsync($"  [{number}] {source.DocumentId}, {source.Heading}");
        }

        foreach (int number in report.Unknown)
        {
            await output.WriteLineAsync($"  [{number}] is no source that was given");
        }

        foreach (string sentence in report.Unsupported)
        {
            await output.WriteLineAsync($"  no cited source says: {sentence}");
        }
    }
}
