using System.Globalization;
using Gemma4.ModelBuilder;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks;

/// <summary>
/// What guessed tokens bring on answers that quote and cost on answers that do not. The steps that they save are the
/// model's doing and hold on any machine; the time is this machine's. Each answer is made with and without, in turns.
/// </summary>
internal static class GuessBenchmarks
{
    private const int Rounds = 15;
    private const int NewTokens = 150;

    private static readonly string[] Cities = ["Paris", "London", "Tokyo", "Berlin", "Rome", "Madrid", "Oslo", "Vienna"];
    private static readonly string[] Questions =
    [
        "What is the price of the museum ticket?", "When does the museum open?", "How long is the warranty of the printer?",
        "What is the price of the bicycle?",
    ];

    /// <param name="folder">A folder with a windowed cache; by default the demo model, built so from its checkpoint.</param>
    public static async Task RunAsync(string? folder)
    {
        if (folder is not null)
        {
            await MeasureFolderAsync(folder);
            return;
        }

        DirectoryInfo built = Directory.CreateTempSubdirectory("gemma4-guesses-");
        try
        {
            string checkpoint = Path.Combine(TestData.Shared ?? throw new InvalidOperationException("The demo model's checkpoint is not here; name a model folder."), "nano");
            await Gemma4ModelBuilder.BuildAsync(checkpoint, built.FullName, new() { Overwrite = true, KeyValues = KeyValueCache.Windowed });
            await MeasureFolderAsync(built.FullName);
        }
        finally
        {
            built.Delete(recursive: true);
        }
    }

    private static async Task MeasureFolderAsync(string folder)
    {
        using HashedNgramEmbeddingGenerator embeddings = new();
        using InMemoryVectorStore store = new();
        using var collection = store.GetCollection<string, DocumentChunk>("documents", DocumentChunk.Definition(512));
        await new DocumentIndexer(collection, embeddings).IndexAsync(DocumentFolder.ReadAsync(Path.Combine(TestData.Root, "samples", "documents")));
        DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = 1 });

        using IChatClient plain = Client(folder, guesses: 0, search);
        using IChatClient guessing = Client(folder, guesses: new Gemma4Options().MaxDraftTokens, search);
        await MeasureAsync("free text", plain, guessing, [.. Cities.Select(city => Asked($"Tell me a story about a dog and a cat in {city}."))], temperature: 1.5f);
        await MeasureAsync("tool results", plain, guessing, [.. Cities.Select(AfterTool)], temperature: 0);
        await MeasureAsync("passages", plain, guessing, [.. Questions.Select(Asked)], temperature: 0);
    }

    private static async Task MeasureAsync(string name, IChatClient plain, IChatClient guessing, List<ChatMessage>[] prompts, float temperature)
    {
        List<double> ratios = [];
        using ResponseMeter without = new(isOn: false);
        using ResponseMeter with = new(isOn: false);
        int same = 0;
        for (int round = -1; round < Rounds; round++)
        {
            foreach ((int index, List<ChatMessage> prompt) in prompts.Index())
            {
                ChatOptions options = new()
                {
                    Temperature = temperature,
                    Seed = index,
                    MaxOutputTokens = NewTokens,
                    Tools = prompt.Count > 1 ? [AIFunctionFactory.Create((string city) => city, "get_weather", "Gets the weather.")] : null,
                };

                // Who goes first changes, so that a busy moment meets both.
                string[] texts = new string[2];
                double[] seconds = new double[2];
                foreach (int which in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
                {
                    ResponseMeter meter = which == 0 ? without : with;
                    double before = meter.Seconds;
                    meter.IsOn = true;
                    texts[which] = (await (which == 0 ? plain : guessing).GetResponseAsync(prompt, options)).Text;
                    meter.IsOn = false;
                    seconds[which] = meter.Seconds - before;
                }

                same += texts[0] == texts[1] ? 1 : 0;

                // The first round reads prompts and warms up.
                if (round >= 0)
                {
                    ratios.Add(seconds[1] / seconds[0]);
                }
            }
        }

        ratios.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-14} {with.Tokens / (double)with.Steps,5:F2} tokens a step (without {without.Tokens / (double)without.Steps:F2}), {with.Accepted} of {with.Drafted} guesses right, time with / without {ratios[ratios.Count / 2]:F3}, same text {same} of {(Rounds + 1) * prompts.Length}"));
    }

    private static IChatClient Client(string folder, int guesses, DocumentSearch search)
    {
        Gemma4ChatClient client = new(new Gemma4Options { ModelPath = folder, MaxDraftTokens = guesses });
        return new RetrievalWhereAlone(client, search);
    }

    private static List<ChatMessage> Asked(string question) => [new(ChatRole.User, question)];

    private static List<ChatMessage> AfterTool(string city) =>
    [
        new(ChatRole.User, $"What is the weather in {city}?"),
        new(ChatRole.Assistant, [new FunctionCallContent("call_1", "get_weather", new Dictionary<string, object?> { ["city"] = city })]),
        new(ChatRole.Tool, [new FunctionResultContent("call_1", $"It is 17 degrees and partly cloudy with light winds in {city}.")]),
    ];

    /// <summary>Passages for questions about the documents; stories and tool results go by.</summary>
    private sealed class RetrievalWhereAlone(IChatClient inner, DocumentSearch search) : DelegatingChatClient(inner)
    {
        private readonly IChatClient _retrieving = inner.AsBuilder().UseRetrieval(search).Build();

        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            (Questions.Contains(messages.First().Text) ? _retrieving : InnerClient).GetResponseAsync(messages, options, cancellationToken);
    }
}
