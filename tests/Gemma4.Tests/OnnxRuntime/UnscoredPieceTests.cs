using Gemma4.Generation;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Pieces of a prompt whose logits nobody reads leave caches of the same bits, and no logits.</summary>
public sealed class UnscoredPieceTests(LayoutModels models) : IClassFixture<LayoutModels>
{
    private const int Piece = 12;

    [Theory]
    [InlineData("text, windowed")]
    [InlineData(LayoutModels.Rounded)]
    [InlineData("text")]
    [InlineData("text, traced")]
    [InlineData("multi-model")]
    public void What_follows_is_the_same_to_the_bit(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using IGenerationSession scored = engine.CreateSession();
        using IGenerationSession unscored = engine.CreateSession();
        int[][] pieces = [.. Tokens(90).Chunk(Piece)];
        foreach (int[] piece in pieces[..^1])
        {
            scored.Append(piece);
            ((IPromptSession)unscored).AppendUnscored(piece, default);
        }

        Assert.Equal(scored.Length, unscored.Length);
        foreach (int[] step in (int[][])[pieces[^1], [5], [6], [7, 8, 9]])
        {
            scored.Append(step);
            unscored.Append(step);
            Assert.Equal(scored.Logits, unscored.Logits);
        }
    }

    [Theory]
    [InlineData("text, windowed")]
    [InlineData(LayoutModels.Rounded)]
    public void Forks_rewinds_steps_together_and_saved_sessions_go_on_from_there(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using IGenerationSession scored = engine.CreateSession();
        using IGenerationSession unscored = engine.CreateSession();
        int[] tokens = Tokens(30);
        scored.Append(tokens);
        ((IPromptSession)unscored).AppendUnscored(tokens, default);

        using (IGenerationSession copy = ((IForkableSession)unscored).Fork(30))
        using (IGenerationSession expected = ((IForkableSession)scored).Fork(30))
        {
            copy.Append([4, 5]);
            expected.Append([4, 5]);
            Assert.Equal(expected.Logits, copy.Logits);
        }

        using var stream = new MemoryStream();
        engine.Save(unscored, stream);
        stream.Position = 0;
        using IStorableSession restored = engine.Restore(stream);
        foreach (IGenerationSession session in (IGenerationSession[])[scored, unscored, restored])
        {
            session.RewindTo(28);
            session.Append([9, 10]);
            Assert.Equal(scored.Logits, session.Logits);
        }

        engine.AppendEach([scored, unscored, restored], [3, 3, 3]);
        Assert.Equal(scored.Logits, unscored.Logits);
        Assert.Equal(scored.Logits, restored.Logits);
        ((IPromptSession)unscored).AppendUnscored(tokens, default);
        scored.Append(tokens);
        engine.AppendEach([scored, unscored], [3, 3]);
        Assert.Equal(scored.Logits, unscored.Logits);
    }

    [Theory]
    [InlineData("text, windowed")]
    [InlineData(LayoutModels.Rounded)]
    public void There_are_no_logits_until_something_is_scored(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        Assert.True(engine.Graph.SkipsUnscored);
        using IGenerationSession session = engine.CreateSession();
        session.Append([2, 5]);

        ((IPromptSession)session).AppendUnscored(Tokens(40), default);

        Assert.Throws<InvalidOperationException>(() => session.Logits.Length);
        session.Append([7]);
        Assert.Equal(engine.VocabularySize, session.Logits.Length);
    }

    [Fact]
    public void A_property_of_the_graph_says_that_it_can_and_the_first_folders_without_it_are_known_by_their_branch()
    {
        // Field 14 of the model: key and value.
        byte[] property = [0x72, 0x1D, 0x0A, 0x15, .. "gemma4.skips_unscored"u8, 0x12, 0x04, .. "true"u8];
        using TemporaryFolder first = models.Copy("text, windowed");
        string graph = Path.Combine(first.Path, "model.onnx");
        byte[] written = File.ReadAllBytes(graph);
        Assert.Equal(property, written[^property.Length..]);

        File.WriteAllBytes(graph, written[..^property.Length]);
        using (OnnxGenerationEngine engine = LayoutModels.LoadFolder(first.Path))
        {
            Assert.True(engine.Graph.SkipsUnscored);
        }

        using TemporaryFolder other = models.Copy("text, full caches, several positions");
        using (OnnxGenerationEngine engine = LayoutModels.LoadFolder(other.Path))
        {
            Assert.False(engine.Graph.SkipsUnscored);
        }

        graph = Path.Combine(other.Path, "model.onnx");
        File.WriteAllBytes(graph, [.. File.ReadAllBytes(graph), .. property]);
        using (OnnxGenerationEngine engine = LayoutModels.LoadFolder(other.Path))
        {
            Assert.True(engine.Graph.SkipsUnscored);
        }
    }

    [Fact]
    public void Graphs_for_other_engines_score_every_piece_as_before()
    {
        using OnnxGenerationEngine engine = models.Load("text");
        Assert.False(engine.Graph.SkipsUnscored);
        using IGenerationSession session = engine.CreateSession();

        ((IPromptSession)session).AppendUnscored(Tokens(20), default);

        Assert.Equal(engine.VocabularySize, session.Logits.Length);
    }

    private static int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 401) + 7)];
}
