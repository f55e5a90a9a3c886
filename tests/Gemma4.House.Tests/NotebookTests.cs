using Xunit.Abstractions;

namespace Gemma4.House.Tests;

public sealed class NotebookTests(ITestOutputHelper log)
{
    public static TheoryData<string> Files
    {
        get
        {
            var names = Directory.EnumerateFiles(RepositoryFolder.Path("notebooks"), "*.ipynb")
                .Select(file => Path.GetFileName(file)!)
                .Order(StringComparer.Ordinal);
            return [.. names];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_cell_of_a_notebook_runs_and_shows_what_it_promises(string name)
    {
        var notebook = Notebook.Read(RepositoryFolder.Path("notebooks", name));

        var outputs = await new NotebookRunner().RunAsync(notebook);

        Assert.Equal(notebook.CodeCells.Count, outputs.Count);
        Assert.Contains(outputs.Values, output => output.Length > 0);
        foreach (var cell in notebook.CodeCells)
        {
            log.WriteLine($"[{cell.Number}] {outputs[cell.Number]}");
            Assert.All(cell.Expected, text => Assert.Contains(text, outputs[cell.Number], StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_notebook_is_for_the_CSharp_kernel_and_stores_no_outputs(string name)
    {
        var notebook = Notebook.Read(RepositoryFolder.Path("notebooks", name));

        Assert.Equal(".net-csharp", notebook.Kernel);
        Assert.Contains(notebook.Language, new[] { "C#", "csharp", "polyglot-notebook" });
        Assert.DoesNotContain(notebook.CodeCells, cell => cell.StoredOutputs > 0);
    }

    [Fact]
    public async Task State_lives_on_and_output_belongs_to_its_cell()
    {
        var outputs = await new NotebookRunner().RunAsync(Cells(
            "var n = await Task.FromResult(20);\nrecord Pair(int A, int B);", "Console.Write(n + 1);", "new Pair(n, 2).B"));

        Assert.Equal(["", "21", "2\n"], outputs.OrderBy(output => output.Key).Select(output => output.Value.ReplaceLineEndings("\n")));
    }

    [Fact]
    public async Task A_page_is_the_output_of_its_cell()
    {
        var outputs = await new NotebookRunner().RunAsync(Cells("var n = 7;\nHTML($\"<b>{n}</b>\")"));

        Assert.Equal("<b>7</b>", outputs[1].Trim());
    }

    [Fact]
    public async Task An_error_names_the_cell()
    {
        var error = await Assert.ThrowsAsync<NotebookException>(() => new NotebookRunner().RunAsync(Cells(
            "var n = 1;", "throw new InvalidOperationException(\"broken\");")));

        Assert.Equal("test.ipynb, cell 2: InvalidOperationException: broken", error.Message);
    }

    [Fact]
    public async Task A_cell_that_does_not_compile_is_an_error()
    {
        var error = await Assert.ThrowsAsync<NotebookException>(() => new NotebookRunner().RunAsync(Cells("int n = \"text\";")));

        Assert.StartsWith("test.ipynb, cell 1: does not compile", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_the_tests_lack_is_an_error_and_a_known_one_is_not()
    {
        await new NotebookRunner().RunAsync(Cells("#r \"nuget: Microsoft.ML.OnnxRuntime, 1.31.1\"\nvar n = 1;"));
        var error = await Assert.ThrowsAsync<NotebookException>(() => new NotebookRunner().RunAsync(Cells("#r \"nuget: Absent, 1.0\"")));

        Assert.Contains("'Absent'", error.Message, StringComparison.Ordinal);
    }

    private static Notebook Cells(params string[] cells) => new(
        "test.ipynb", ".net-csharp", "C#", [.. cells.Select((code, index) => new NotebookCell(index + 1, code, 0, []))]);
}
