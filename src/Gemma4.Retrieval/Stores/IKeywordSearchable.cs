using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Stores;

/// <summary>A collection that can search by keywords alone, so that the caller may choose how to fuse.</summary>
/// <typeparam name="TRecord">The record.</typeparam>
public interface IKeywordSearchable<TRecord>
    where TRecord : class
{
    /// <summary>Searches the full-text property by BM25.</summary>
    /// <param name="keywords">Words; not a query language.</param>
    /// <param name="top">The most results; at least 1.</param>
    /// <param name="options">Filter, property (<see cref="HybridSearchOptions{TRecord}.AdditionalProperty"/>), skip and vectors; the defaults when null.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>Best first; the score is BM25's, higher better, comparable within one search only.</returns>
    IAsyncEnumerable<VectorSearchResult<TRecord>> KeywordSearchAsync(string keywords, int top, HybridSearchOptions<TRecord>? options = null, CancellationToken cancellationToken = default);
}
