using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Ingestion;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class ChunkerTests
{
    private static readonly string[] Pieces =
        ["word ", "a longer sentence ends here. ", "Why? ", "\n\n", "# Heading\n\n", "## Sub\n\n", "- item\n", "| a | b |\n", "```\ncode line\n```\n\n", "日本語の文です。", "\U0001F600", "supercalifragilisticexpialidocious", "é́", "<b>x</b> "];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_chunk_is_above_the_budget_and_nothing_is_lost(int seed)
    {
        Random random = new(seed);
        string text = string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(_ => Pieces[random.Next(Pieces.Length)]));
        SourceDocument document = MarkdownReader.Read(text, "d");
        ChunkingOptions options = new()
        {
            MaxTokens = random.Next(8, 60),
            Boundary = (ChunkBoundary)random.Next(3),
            // Counts that do not add up, as those of a real tokenizer: joining two texts may cost a token.
            CountTokens = t => (t.Length + 2) / 3 + (t.Contains(". ", StringComparison.Ordinal) ? 1 : 0),
        };
        options.OverlapTokens = random.Next(0, (options.MaxTokens / 2) + 1);

        IReadOnlyList<DocumentChunk> chunks = new DocumentChunker(options).Chunk(document);

        Assert.All(chunks, chunk => Assert.True(options.CountTokens(chunk.Text) <= options.MaxTokens, chunk.Text));
        Assert.All(chunks, chunk => Assert.Equal(chunk.Text, document.Text.Substring(chunk.Offset, chunk.Text.Length)));
        Assert.All(chunks, chunk => Assert.False(chunk.Text.Length > 0 && (char.IsLowSurrogate(chunk.Text[0]) || char.IsHighSurrogate(chunk.Text[^1]))));
        bool[] covered = new bool[document.Text.Length];
        foreach (DocumentChunk chunk in chunks)
        {
            Array.Fill(covered, true, chunk.Offset, chunk.Text.Length);
        }

        Assert.DoesNotContain(document.Text.Index(), item => !covered[item.Index] && !char.IsWhiteSpace(item.Item));
    }

    [Fact]
    public void A_heading_starts_a_chunk_and_the_path_is_kept()
    {
        SourceDocument document = MarkdownReader.Read("# Guide\n\nIntro text.\n\n## Install\n\nRun the command.\n\n## Use\n\nCall it.\n", "guide.md");

        IReadOnlyList<DocumentChunk> chunks = new DocumentChunker(new ChunkingOptions { OverlapTokens = 0 }).Chunk(document);

        Assert.Equal(["Guide", "Guide > Install", "Guide > Use"], chunks.Select(chunk => chunk.Heading));
        Assert.Equal("Guide", document.Title);
        Assert.StartsWith("Install", chunks[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_is_cut_between_rows()
    {
        string rows = string.Concat(Enumerable.Range(0, 40).Select(i => $"| row {i} | value {i} |\n"));
        SourceDocument document = MarkdownReader.Read("| a | b |\n|---|---|\n" + rows, "t.md");

        IReadOnlyList<DocumentChunk> chunks = new DocumentChunker(new ChunkingOptions { MaxTokens = 40, OverlapTokens = 0 }).Chunk(document);

        Assert.True(chunks.Count > 3);
        Assert.All(chunks, chunk => Assert.All(chunk.Text.Split('\n'), row => Assert.Matches("^\\|.*\\|$", row)));
    }

    [Fact]
    public void A_second_chunk_repeats_the_end_of_the_first()
    {
        SourceDocument document = MarkdownReader.Read(string.Join(' ', Enumerable.Range(0, 60).Select(i => $"Sentence number {i}.")), "d");

        IReadOnlyList<DocumentChunk> chunks = new DocumentChunker(new ChunkingOptions { MaxTokens = 60, OverlapTokens = 20 }).Chunk(document);

        Assert.True(chunks[1].Offset < chunks[0].Offset + chunks[0].Text.Length);
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(20, 11)]
    [InlineData(20, -1)]
    public void Options_out_of_range_are_refused(int maxTokens, int overlap) =>
        Assert.Throws<ArgumentException>(() => new DocumentChunker(new ChunkingOptions { MaxTokens = maxTokens, OverlapTokens = overlap }));
}
