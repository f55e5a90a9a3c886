// Answers from a folder of documents, with sources. dotnet run samples/09-ask-your-documents.cs [folder] [question...]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:project ../src/Gemma4.Retrieval/Gemma4.Retrieval.csproj
#:package Microsoft.ML.OnnxRuntime

using System.Runtime.CompilerServices;
using Gemma4;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Chat;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;

string folder = args.Length > 0 ? args[0] : Path.Combine(Here(), "documents");
string[] questions = args.Length > 1 ? args[1..] : ["What is the price of the museum ticket?", "When does the museum open?", "How long is the warranty of the printer?", "When was the museum built?"];

// Without a model: finds texts that share words. new Gemma4EmbeddingGenerator(new() { ModelPath = ... }) also finds paraphrases.
using HashedNgramEmbeddingGenerator embeddings = new();
using InMemoryVectorStore store = new();
using var collection = store.GetCollection<string, DocumentChunk>("documents", DocumentChunk.Definition(512));
IngestionProgress indexed = await new DocumentIndexer(collection, embeddings).IndexAsync(DocumentFolder.ReadAsync(folder));
Console.WriteLine($"indexed: {indexed.Documents} documents, {indexed.Chunks} chunks");

// The toy model answers from one passage and is lost among several; a real Gemma 4 model is given the default of four.
DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = 1 });
using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano()).AsBuilder().UseRetrieval(search).Build();
foreach (string question in questions)
{
    Console.WriteLine($"\nquestion: {question}");
    foreach ((int index, Passage passage) in (await search.SearchAsync(question, top: 2)).Index())
    {
        Console.WriteLine($"passage {index + 1} (score {passage.Score:F4}) {passage.Chunk.DocumentId}, {passage.Chunk.Heading}: {string.Join(' ', passage.Chunk.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}");
    }

    ChatResponse response = await client.GetResponseAsync(question, new ChatOptions { Temperature = 0 });
    CitationReport report = CitationReport.Of(response)!;
    Console.WriteLine($"answer: {response.Text}");
    foreach (int number in report.Cited)
    {
        DocumentChunk source = report.Sources[number - 1];
        Console.WriteLine($"source [{number}]: {source.DocumentId}, {source.Heading}, from character {source.Offset}");
    }

    Console.WriteLine($"checked: unknown numbers {report.Unknown.Count}; sentences that their source does not say {report.Unsupported.Count}");
}

// What a real model changes (o => o.ModelPath = ...): it reads several passages, cites the right one, answers in its own words
// and says when the passages do not tell. Search, prompt and check stay as they are.

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
