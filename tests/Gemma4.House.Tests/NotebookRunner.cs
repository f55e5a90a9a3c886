using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace Gemma4.House.Tests;

/// <summary>
/// Runs the C# cells of a notebook in order against the assemblies of this test's own output folder. State lives on from
/// cell to cell and await works at the top level, as in a notebook. Packages are not fetched: a <c>#r "nuget: X"</c> line
/// is accepted when X is among this test project's own dependencies, and is an error otherwise. Of the kernel's own helpers
/// cells have those of <see cref="NotebookGlobals"/>.
/// </summary>
internal sealed partial class NotebookRunner
{
    private static readonly string[] Imports =
    [
        "System", "System.IO", "System.Text", "System.Collections", "System.Collections.Generic", "System.Linq",
        "System.Threading", "System.Threading.Tasks",
    ];

    private readonly HashSet<string> _packages = ReadPackages();

    /// <summary>Console output of every cell, by cell number; a value in the last line counts as output.</summary>
    public async Task<IReadOnlyDictionary<int, string>> RunAsync(Notebook notebook)
    {
        using var loader = new InteractiveAssemblyLoader();
        var references = LoadReferences(loader);
        var options = ScriptOptions.Default.WithReferences(references).WithImports(Imports);
        var outputs = new Dictionary<int, string>();
        ScriptState<object>? state = null;
        var console = Console.Out;
        try
        {
            foreach (var cell in notebook.CodeCells)
            {
                using var captured = new StringWriter(CultureInfo.InvariantCulture);
                Console.SetOut(captured);
                state = await RunCellAsync(notebook.Name, cell, state, options, loader);
                if (state.ReturnValue is { } value)
                {
                    captured.WriteLine(value);
                }

                outputs[cell.Number] = captured.ToString();
            }
        }
        finally
        {
            Console.SetOut(console);
        }

        return outputs;
    }

    private async Task<ScriptState<object>> RunCellAsync(
        string notebook, NotebookCell cell, ScriptState<object>? state, ScriptOptions options, InteractiveAssemblyLoader loader)
    {
        var code = TakePackageLines(notebook, cell);
        try
        {
            return state is null
                ? await CSharpScript.Create<object>(code, options, typeof(NotebookGlobals), loader).RunAsync(new NotebookGlobals())
                : await state.ContinueWithAsync<object>(code, options);
        }
        catch (CompilationErrorException error)
        {
            throw new NotebookException(notebook, cell.Number, "does not compile: " + string.Join("; ", error.Diagnostics), error);
        }
        catch (Exception error)
        {
            throw new NotebookException(notebook, cell.Number, $"{error.GetType().Name}: {error.Message}", error);
        }
    }

    // Lines are blanked, not removed, so that line numbers in errors stay those of the cell.
    private string TakePackageLines(string notebook, NotebookCell cell)
    {
        var lines = cell.Code.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("#!", StringComparison.Ordinal))
            {
                throw new NotebookException(notebook, cell.Number, $"'{lines[i].Trim()}' is for one notebook tool only.");
            }

            var match = PackageLine().Match(lines[i]);
            if (!match.Success)
            {
                continue;
            }

            if (match.Groups["directive"].Value == "r" && !_packages.Contains(match.Groups["name"].Value))
            {
                throw new NotebookException(
                    notebook, cell.Number, $"package '{match.Groups["name"].Value}' is not referenced by Gemma4.House.Tests.");
            }

            lines[i] = "";
        }

        return string.Join('\n', lines);
    }

    // Registering the assemblies that already run here keeps one copy of each, so their native libraries resolve too.
    private static List<Assembly> LoadReferences(InteractiveAssemblyLoader loader)
    {
        var references = new List<Assembly>();
        var paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        foreach (var path in paths)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            try
            {
                var assembly = Assembly.Load(name);
                loader.RegisterDependency(assembly);
                references.Add(assembly);
            }
            catch (Exception error) when (error is BadImageFormatException or FileLoadException or FileNotFoundException)
            {
                continue; // Satellite and shim files of test hosts cannot be loaded by name; no cell needs them.
            }
        }

        return references;
    }

    private static HashSet<string> ReadPackages()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Gemma4.House.Tests.deps.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.GetProperty("libraries").EnumerateObject()
            .Select(library => library.Name.Split('/')[0])
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    [GeneratedRegex("""^\s*#(?<directive>[ri])\s+"nuget:\s*(?<name>[^,"\s]+)[^"]*"\s*$""")]
    private static partial Regex PackageLine();
}
