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
string[] questions = args.Length > 1 ? args[1..] : ["What is the price of the day ticket?", "How long is the warranty of the printer?", "When was the museum built?"];

// Without a model: finds texts that share words. A real embedding model also finds paraphrases.
HashedNgramEmbeddingGenerator embeddings = new();
using InMemoryVectorStore store = new();
using var collection = store.GetCollection<string, DocumentChunk>("documents", DocumentChunk.Definition(512));
IngestionProgress indexed = await new DocumentIndexer(collection, embeddings).IndexAsync(DocumentFolder.ReadAsync(folder));
Console.WriteLine($"indexed: {indexed.Documents} documents, {indexed.Chunks} chunks");

DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = 2 });
using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano()).AsBuilder().UseRetrieval(search).Build();
foreach (string question in questions)
{
    Console.WriteLine($"\nquestion: {question}");
    ChatResponse response = await client.GetResponseAsync(question, new ChatOptions { Temperature = 0 });
    CitationReport report = CitationReport.Of(response)!;
    foreach ((int index, DocumentChunk source) in report.Sources.Index())
    {
        Console.WriteLine($"source [{index + 1}] {source.DocumentId}, {source.Heading}: {source.Text.ReplaceLineEndings(" ")}");
    }

    Console.WriteLine($"answer: {response.Text}");
    Console.WriteLine($"checked: cites {string.Join(", ", report.Cited.DefaultIfEmpty())}; unknown numbers {report.Unknown.Count}; unsupported sentences {report.Unsupported.Count}");
}

// The passages show what retrieval found. The toy model gets the number of the source wrong about every second time; a real
// Gemma 4 model (o => o.ModelPath = ...) reads the same prompt and cites reliably, and the check stays in place.

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
