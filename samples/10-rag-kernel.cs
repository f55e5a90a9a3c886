// Retrieval through Semantic Kernel: a search plugin in a prompt, and retrieval as a stage. dotnet run samples/10-rag-kernel.cs [question...]
#:project ../src/Gemma4.SemanticKernel/Gemma4.SemanticKernel.csproj
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:project ../src/Gemma4.Retrieval/Gemma4.Retrieval.csproj
#:package Microsoft.ML.OnnxRuntime
#:package Microsoft.SemanticKernel.Core

using System.Runtime.CompilerServices;
using Gemma4;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Gemma4.SemanticKernel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Data;

// Finds shared words, no paraphrases; an embedding model takes its place without another change.
using HashedNgramEmbeddingGenerator embeddings = new();
using InMemoryVectorStore store = new();
using var collection = store.GetCollection<string, DocumentChunk>("documents", DocumentChunk.Definition(512));
await new DocumentIndexer(collection, embeddings).IndexAsync(DocumentFolder.ReadAsync(Path.Combine(Here(), "documents")));
// One passage: the toy model is lost among several. A real Gemma 4 model is given the default of four.
DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = 1 });
string question = args.Length > 0 ? string.Join(' ', args) : "What is the price of the museum ticket?";
Console.WriteLine($"question: {question}");

// 1. A plugin of Semantic Kernel's text search: prompts, and with function calling the model itself, decide when to search.
IKernelBuilder builder = Kernel.CreateBuilder();
builder.AddGemma4(options => options.UseNano());
Kernel kernel = builder.Build();
#pragma warning disable CS0618 // Semantic Kernel's plugin factory takes the older of its two text search interfaces.
kernel.Plugins.Add(new DocumentTextSearch(search).CreateWithGetTextSearchResults("Documents"));
#pragma warning restore CS0618
List<TextSearchResult> found = (await kernel.InvokeAsync<List<TextSearchResult>>("Documents", "GetTextSearchResults", new() { ["query"] = question, ["count"] = 1 }))!;
string passages = string.Join('\n', found.Select((result, index) => $"[{index + 1}] {string.Join(' ', result.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}"));
Console.WriteLine("passages:\n" + passages + "\nsources: " + string.Join(", ", found.Select((result, index) => $"[{index + 1}] {result.Link}")));
foreach (Passage passage in await search.SearchAsync(question, top: 2))
{
    Console.WriteLine($"score {passage.Score:F4}: {passage.Chunk.DocumentId}, {passage.Chunk.Heading}");
}

Gemma4PromptExecutionSettings greedy = new() { Temperature = 0 };
Console.WriteLine("answer with the plugin: " + await kernel.InvokePromptAsync(
    "Answer only from the context. Cite the passage like [1].\n\nContext:\n{{$passages}}\n\nQuestion: {{$question}}", new(greedy) { ["question"] = question, ["passages"] = passages }));

// 2. A stage inside the client: every prompt of the kernel is answered from the documents.
IKernelBuilder staged = Kernel.CreateBuilder();
staged.AddGemma4(options => options.UseNano(), pipeline: client => client.UseRetrieval(search));
Console.WriteLine("answer with the stage: " + await staged.Build().InvokePromptAsync("{{$question}}", new(greedy) { ["question"] = question }));

// What a real model changes: it reads several passages and cites the right one. The plugin, the stage and the prompt stay.

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
