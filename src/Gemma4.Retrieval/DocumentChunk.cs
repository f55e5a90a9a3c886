using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval;

/// <summary>A piece of a document as it lies in the vector store, with what a citation needs.</summary>
public sealed record DocumentChunk
{
    /// <summary>The store's key: tenant, document and a hash of the text.</summary>
    public string Key { get; set; } = "";

    /// <summary>Whose document it is; empty when there is one tenant only.</summary>
    public string Tenant { get; set; } = "";

    /// <summary>The document's id, e.g. its path relative to the indexed folder.</summary>
    public string DocumentId { get; set; } = "";

    /// <summary>The document's title.</summary>
    public string? Title { get; set; }

    /// <summary>The text: exactly the document's characters from <see cref="Offset"/> on.</summary>
    public string Text { get; set; } = "";

    /// <summary>The headings above the text, outermost first, parted by <c> &gt; </c>.</summary>
    public string? Heading { get; set; }

    /// <summary>The page the text starts on, from 1; null where the format has no pages.</summary>
    public int? Page { get; set; }

    /// <summary>The chunk's place in its document, from 0.</summary>
    public int Ordinal { get; set; }

    /// <summary>The first character's index in the document's text.</summary>
    public int Offset { get; set; }

    /// <summary>Tokens by the counter that made the chunk.</summary>
    public int Tokens { get; set; }

    /// <summary>SHA-256 of heading and text, which is what is embedded, in hexadecimal: the same hash needs no new embedding.</summary>
    public string ContentHash { get; set; } = "";

    /// <summary>The text's embedding; empty when the chunks were read without vectors.</summary>
    public ReadOnlyMemory<float> Embedding { get; set; }

    /// <summary>How a store keeps chunks: text searchable by keywords, tenant and document filterable.</summary>
    /// <param name="dimensions">The embedding's length.</param>
    /// <param name="indexKind">One of <see cref="IndexKind"/>; the store's default when null.</param>
    public static VectorStoreCollectionDefinition Definition(int dimensions, string? indexKind = null) => new()
    {
        Properties =
        [
            new VectorStoreKeyProperty(nameof(Key), typeof(string)),
            new VectorStoreDataProperty(nameof(Tenant), typeof(string)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(DocumentId), typeof(string)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Title), typeof(string)),
            new VectorStoreDataProperty(nameof(Text), typeof(string)) { IsFullTextIndexed = true },
            new VectorStoreDataProperty(nameof(Heading), typeof(string)),
            new VectorStoreDataProperty(nameof(Page), typeof(int?)),
            new VectorStoreDataProperty(nameof(Ordinal), typeof(int)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Offset), typeof(int)),
            new VectorStoreDataProperty(nameof(Tokens), typeof(int)),
            new VectorStoreDataProperty(nameof(ContentHash), typeof(string)),
            new VectorStoreVectorProperty(nameof(Embedding), typeof(ReadOnlyMemory<float>), dimensions)
            {
                DistanceFunction = DistanceFunction.CosineSimilarity, IndexKind = indexKind,
            },
        ],
    };
}
