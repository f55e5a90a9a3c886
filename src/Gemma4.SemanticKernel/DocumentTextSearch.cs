using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData;
using Microsoft.SemanticKernel.Data;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Offers <see cref="DocumentSearch"/> as Semantic Kernel's text search: hybrid, reranked and cut as its options say. Makes a
/// plugin with <c>CreateWithGetTextSearchResults</c> and its siblings, which still take the older, non-generic interface.
/// </summary>
/// <remarks>
/// The tenant is fixed here and never taken from an argument, so that a model cannot ask for another one's documents. Neither
/// interface's total count is ever given: a ranked search does not know it.
/// </remarks>
#pragma warning disable CS0618 // The plugin factories of Semantic Kernel take nothing but the older interface and its filter.
public sealed class DocumentTextSearch : ITextSearch<DocumentChunk>, ITextSearch
{
    private readonly DocumentSearch _search;
    private readonly string _tenant;

    /// <summary>Makes a text search.</summary>
    /// <param name="search">Finds the passages. The number asked for replaces its <see cref="DocumentSearchOptions.Top"/>.</param>
    /// <param name="tenant">Whose documents are searched; empty when there is one tenant only.</param>
    public DocumentTextSearch(DocumentSearch search, string tenant = "")
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(tenant);
        _search = search;
        _tenant = tenant;
    }

    /// <summary>The texts of the passages, best first.</summary>
    /// <param name="query">The question; nothing is found when it is blank.</param>
    /// <param name="searchOptions">How many are wanted and skipped, and a condition; 5 from the first on when null.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 are wanted, or fewer than 0 skipped.</exception>
    public async Task<KernelSearchResults<string>> SearchAsync(string query, TextSearchOptions<DocumentChunk>? searchOptions = null, CancellationToken cancellationToken = default) =>
        Results(await FindAsync(query, searchOptions, cancellationToken).ConfigureAwait(false), passage => passage.Chunk.Text);

    /// <summary>
    /// The passages, best first: the text, the document's title (or id) with the page, and as link the document's id, with
    /// <c>#page=N</c> where it has pages.
    /// </summary>
    /// <inheritdoc cref="SearchAsync(string, TextSearchOptions{DocumentChunk}?, CancellationToken)" />
    public async Task<KernelSearchResults<TextSearchResult>> GetTextSearchResultsAsync(string query, TextSearchOptions<DocumentChunk>? searchOptions = null, CancellationToken cancellationToken = default) =>
        Results(await FindAsync(query, searchOptions, cancellationToken).ConfigureAwait(false), ToResult);

    /// <summary>The chunks as they lie in the store, best first.</summary>
    /// <inheritdoc cref="SearchAsync(string, TextSearchOptions{DocumentChunk}?, CancellationToken)" />
    public async Task<KernelSearchResults<DocumentChunk>> GetSearchResultsAsync(string query, TextSearchOptions<DocumentChunk>? searchOptions = null, CancellationToken cancellationToken = default) =>
        Results(await FindAsync(query, searchOptions, cancellationToken).ConfigureAwait(false), passage => passage.Chunk);

    async Task<KernelSearchResults<string>> ITextSearch.SearchAsync(string query, TextSearchOptions? searchOptions, CancellationToken cancellationToken) =>
        await SearchAsync(query, Convert(searchOptions), cancellationToken).ConfigureAwait(false);

    async Task<KernelSearchResults<TextSearchResult>> ITextSearch.GetTextSearchResultsAsync(string query, TextSearchOptions? searchOptions, CancellationToken cancellationToken) =>
        await GetTextSearchResultsAsync(query, Convert(searchOptions), cancellationToken).ConfigureAwait(false);

    async Task<KernelSearchResults<object>> ITextSearch.GetSearchResultsAsync(string query, TextSearchOptions? searchOptions, CancellationToken cancellationToken) =>
        Results<object>(await FindAsync(query, Convert(searchOptions), cancellationToken).ConfigureAwait(false), passage => passage.Chunk);

    private async Task<IEnumerable<Passage>> FindAsync(string query, TextSearchOptions<DocumentChunk>? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Top, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Skip, 0, nameof(options));
        return (await _search.SearchAsync(query, checked(options.Skip + options.Top), _tenant, options.Filter, cancellationToken).ConfigureAwait(false)).Skip(options.Skip);
    }

    private static KernelSearchResults<T> Results<T>(IEnumerable<Passage> passages, Func<Passage, T> map) => new(passages.Select(map).ToAsyncEnumerable());

    private static TextSearchResult ToResult(Passage passage)
    {
        DocumentChunk chunk = passage.Chunk;
        string title = string.IsNullOrWhiteSpace(chunk.Title) ? chunk.DocumentId : chunk.Title;
        return chunk.Page is { } page
            ? new TextSearchResult(chunk.Text) { Name = string.Create(CultureInfo.InvariantCulture, $"{title}, page {page}"), Link = string.Create(CultureInfo.InvariantCulture, $"{chunk.DocumentId}#page={page}") }
            : new TextSearchResult(chunk.Text) { Name = title, Link = chunk.DocumentId };
    }

    private static TextSearchOptions<DocumentChunk>? Convert(TextSearchOptions? options) => options is null ? null : new()
    {
        Top = options.Top,
        Skip = options.Skip,
        IncludeTotalCount = options.IncludeTotalCount,
        Filter = Convert(options.Filter),
    };

    private static Expression<Func<DocumentChunk, bool>>? Convert(TextSearchFilter? filter)
    {
        Expression? all = null;
        ParameterExpression chunk = Expression.Parameter(typeof(DocumentChunk), "chunk");
        foreach (FilterClause clause in filter?.FilterClauses ?? [])
        {
            if (clause is not EqualToFilterClause equal)
            {
                throw new NotSupportedException($"A text search filter has a {clause.GetType().Name}; only equality is known. Use the generic interface, whose filter is an expression.");
            }

            PropertyInfo property = typeof(DocumentChunk).GetProperty(equal.FieldName) is { } found && found.PropertyType != typeof(ReadOnlyMemory<float>)
                ? found
                : throw new ArgumentException($"A chunk cannot be filtered by '{equal.FieldName}'. Known are DocumentId, Title, Heading, Page, Ordinal and the other properties of DocumentChunk.", nameof(filter));
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (equal.Value?.GetType() is { } given && given != type)
            {
                throw new ArgumentException($"The filter compares '{equal.FieldName}', which is {type.Name}, with {given.Name}.", nameof(filter));
            }

            BinaryExpression condition = Expression.Equal(Expression.Property(chunk, property), Expression.Constant(equal.Value, property.PropertyType));
            all = all is null ? condition : Expression.AndAlso(all, condition);
        }

        return all is null ? null : Expression.Lambda<Func<DocumentChunk, bool>>(all, chunk);
    }
}
