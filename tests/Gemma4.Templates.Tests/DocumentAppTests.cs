namespace Gemma4.Templates.Tests;

[Collection(SharedWorkshop.Name)]
public sealed class DocumentAppTests(TemplateWorkshop workshop)
{
    private const string Question = "What is the price of the museum ticket?";
    private const string Answer = "The price of the museum ticket is 8 euros. [1]\n  [1] museum.md, Harbour museum > Visit\n";

    [Theory]
    [InlineData("My.Documents")]
    [InlineData("my-documents")]
    public async Task It_answers_from_the_sample_documents_and_cites_them(string name)
    {
        AppRun run = await workshop.RunAsync(MadeProject.Of(name), [Question, "How long is the warranty of the printer?", "", Question]);

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("3 documents, 5 passages, 5 of them new.", run.Output, StringComparison.Ordinal);
        Assert.Contains(Answer, run.Output, StringComparison.Ordinal);
        Assert.Contains("24 months. [1]\n  [1] printer.md, Office printer > Support\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.Output.Split(Answer).Length);
    }

    [Fact]
    public async Task It_answers_from_a_folder_of_the_users()
    {
        string folder = workshop.EmptyFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "pool.md"), "# City pool\n\n## Visit\n\nThe pool opens at 7 am. The price of the pool ticket is 5 euros.\n");

        AppRun run = await workshop.RunAsync(MadeProject.Documents, ["What is the price of the pool ticket?"], arguments: ["--documents", folder]);

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("1 documents, 1 passages", run.Output, StringComparison.Ordinal);
        Assert.Contains("5 euros. [1]\n  [1] pool.md, City pool > Visit\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_is_too_long_is_told_so_and_the_next_one_answered()
    {
        AppRun run = await workshop.RunAsync(MadeProject.Documents, [string.Concat(Enumerable.Repeat("word ", 6000)), Question]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("> The prompt has ", run.Output, StringComparison.Ordinal);
        Assert.Contains(Answer, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_in_a_file_is_read_again()
    {
        string folder = workshop.EmptyFolder();

        await workshop.RunAsync(MadeProject.StoredDocuments, [], folder);
        AppRun second = await workshop.RunAsync(MadeProject.StoredDocuments, [Question], folder);

        Assert.True(File.Exists(Path.Combine(folder, "index.db")));
        Assert.StartsWith("3 documents, 5 passages, 0 of them new.", second.Output, StringComparison.Ordinal);
        Assert.Contains(Answer, second.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--documents", "The folder 'none' does not exist.")]
    [InlineData("--model", "The model folder 'none' does not exist.")]
    public async Task A_missing_folder_is_told_in_one_line(string option, string expected)
    {
        AppRun run = await workshop.RunAsync(MadeProject.Documents, [], arguments: [option, "none"]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(expected, run.Output, StringComparison.Ordinal);
        Assert.Single(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
