using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma4.Tests.Embeddings;

namespace Gemma4.Cli.Tests.Retrieval;

public sealed class AskCommandTests : IDisposable
{
    private const string MuseumPrice = "What is the price of the museum ticket?";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gemma4-ask-");

    private string Documents => Path.Combine(_root.FullName, "documents");

    private string Store => "sqlite:" + Path.Combine(_root.FullName, "index.db");

    public AskCommandTests()
    {
        Directory.CreateDirectory(Documents);
        foreach (var file in Directory.EnumerateFiles(RepositoryData.Path("..", "..", "samples", "documents")))
        {
            File.Copy(file, Path.Combine(Documents, Path.GetFileName(file)));
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData(MuseumPrice, "8 euros", "museum.md")]
    [InlineData("What is the price of the day ticket?", "12 euros", "bicycles.md")]
    [InlineData("When was the museum built?", "1904", "museum.md")]
    [InlineData("What is the warranty of the printer?", "24 months", "printer.md")]
    public async Task The_demo_model_answers_from_the_one_passage_it_was_trained_on(string question, string fact, string source)
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, question);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(fact, run.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"* [1] {source}: ", run.Lines[1], StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Length);
        Assert.Contains("the best passage only", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_passages_are_given_when_asked_for()
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "--top", "3", MuseumPrice);

        Assert.Equal("", run.Error);
        Assert.Equal(3, run.Lines.Count(line => line.Contains(".md: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task JSON_has_the_answer_and_every_passage_with_its_source_and_score()
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "--json", "--top", "2", MuseumPrice);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(run.Lines);
        Assert.Equal(
            ["model", "answer", "reasoning", "calls", "passages", "unknown", "unsupported", "finish_reason", "usage"],
            run.Json(0).EnumerateObject().Select(member => member.Name));
        JsonElement[] passages = [.. run.Json(0).GetProperty("passages").EnumerateArray()];
        Assert.Equal([1, 2], passages.Select(passage => passage.GetProperty("number").GetInt32()));
        Assert.Equal(
            ["number", "document", "title", "heading", "page", "offset", "score", "cited", "text"],
            passages[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal("museum.md", passages[0].GetProperty("document").GetString());
        Assert.Equal("Harbour museum > Visit", passages[0].GetProperty("heading").GetString());
        Assert.Equal(JsonValueKind.Null, passages[0].GetProperty("page").ValueKind);
        Assert.True(passages[0].GetProperty("score").GetDouble() > passages[1].GetProperty("score").GetDouble());
        Assert.Contains("8 euros", passages[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sentence_without_a_source_is_named()
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "???");

        Assert.StartsWith("I don't know.", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("no cited source says: I don't know.", run.Lines);
    }

    [Fact]
    public async Task The_note_about_the_demo_model_stays_out_of_the_JSON()
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "--json", MuseumPrice);

        Assert.Contains("the best passage only", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Lines);
        Assert.True(run.Json(0).GetProperty("passages")[0].GetProperty("cited").GetBoolean());
    }

    [Fact]
    public async Task An_embedding_model_is_used_by_both_commands_and_remembered()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        var indexed = await CliRun.Of("index", Documents, "--store", Store, "--embedding", model.Path);
        Assert.True(indexed.ExitCode == 0, indexed.Error);

        var run = await CliRun.Of("ask", "--store", Store, "--embedding", model.Path, "--json", MuseumPrice);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(1, run.Json(0).GetProperty("passages").GetArrayLength());

        foreach (string[] other in (string[][])[["ask", MuseumPrice], ["index", Documents]])
        {
            var refused = await CliRun.Of([.. other, "--store", Store]);
            Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("was made with the embedding model 'toy-embedding' (12 values, '", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"--embedding '{model.Path}'", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_model_of_the_same_size_is_refused_and_the_same_one_elsewhere_is_not()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using ToyEmbeddingModel copy = new(ToyGraph.Sentences);
        using ToyEmbeddingModel other = new(ToyGraph.Tokens);
        var weights = new float[ToyEmbeddingModel.Outputs * ToyEmbeddingModel.Inner];
        weights.AsSpan().Fill(0.5f);
        other.WriteDense("3_Dense", ToyEmbeddingModel.Inner, ToyEmbeddingModel.Outputs, "F32", MemoryMarshal.AsBytes(weights.AsSpan()));
        await CliRun.Of("index", Documents, "--store", Store, "--embedding", model.Path);

        var same = await CliRun.Of("ask", "--store", Store, "--embedding", copy.Path, MuseumPrice);
        var refused = await CliRun.Of("ask", "--store", Store, "--embedding", other.Path, MuseumPrice);

        Assert.Equal(0, same.ExitCode);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("was made with", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_of_the_built_in_generator_refuses_a_model()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "--embedding", model.Path, MuseumPrice);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Leave --embedding out", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_index_binds_no_model()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        var nothing = Directory.CreateDirectory(Path.Combine(_root.FullName, "nothing")).FullName;
        var empty = await CliRun.Of("index", nothing, "--store", Store);
        Assert.Contains("is a document", empty.Error, StringComparison.Ordinal);

        var asked = await CliRun.Of("ask", "--store", Store, MuseumPrice);
        var indexed = await CliRun.Of("index", Documents, "--store", Store, "--embedding", model.Path);

        Assert.Equal((1, ""), (asked.ExitCode, asked.Output));
        Assert.Contains("holds no documents", asked.Error, StringComparison.Ordinal);
        Assert.Equal(0, indexed.ExitCode);
    }

    [Fact]
    public async Task A_tenant_without_documents_is_named()
    {
        await IndexAsync();

        var run = await CliRun.Of("ask", "--store", Store, "--tenant", "x", MuseumPrice);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("no documents of the tenant 'x'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_left_out_and_reported_and_the_others_are_found()
    {
        await File.WriteAllTextAsync(Path.Combine(Documents, "broken.pdf"), "no PDF at all");

        var run = await CliRun.Of("index", Documents, "--store", Store);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("3 documents, ", run.Output, StringComparison.Ordinal);
        Assert.Contains("left out: 'broken.pdf' is no PDF file", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 file could not be read.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_folder_makes_no_index()
    {
        var run = await CliRun.Of("index", Path.Combine(_root.FullName, "none"), "--store", Store);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("does not exist", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Store["sqlite:".Length..]));
    }

    [Theory]
    [InlineData("documents/museum.md", "is no index but some other file")]
    [InlineData("none/index.db", "There is no index")]
    public async Task What_is_no_index_is_named(string file, string message)
    {
        var run = await CliRun.Of("ask", "--store", "sqlite:" + Path.Combine(_root.FullName, file), MuseumPrice);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_question_is_wrong_usage() => Assert.Equal(2, (await CliRun.Of("ask", "--store", Store, " ")).ExitCode);

    private async Task IndexAsync()
    {
        var run = await CliRun.Of("index", Documents, "--store", Store);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }
}
