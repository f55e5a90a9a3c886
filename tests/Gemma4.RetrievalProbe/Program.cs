// Ingests documents without end into the database named, and names each on the output once it is stored. A test kills it.
using Gemma4.Retrieval;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Sqlite;

using HashedNgramEmbeddingGenerator embeddings = new(128);
using SqliteVectorStore store = new(args[0]);
using var collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(128));
DocumentIndexer indexer = new(collection, embeddings);
for (int i = 0; ; i++)
{
    await indexer.IndexAsync(new[] { MarkdownReader.Read($"document number {i}", $"{i}.md") }.ToAsyncEnumerable());
    Console.WriteLine(i);
}
