using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Gemma4.House.Tests;

/// <summary>
/// Compiles a block as a program of its own, against what this test project references. The namespaces that users import
/// anyway are imported, and <see cref="Surroundings"/> stands for the application around an excerpt.
/// </summary>
internal static class DocumentCompiler
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.ComponentModel;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Text.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Gemma4;
        global using Gemma4.Nano;
        global using Gemma4.Agents.Approvals;
        global using Gemma4.Agents.Guard;
        global using Gemma4.Agents.Runs;
        global using Gemma4.Agents.Tracing;
        global using Gemma4.Remote;
        global using Gemma4.Retrieval;
        global using Gemma4.Retrieval.Sqlite;
        global using Gemma4.Safety.Policies;
        global using Gemma4.Safety.Detection;
        global using Gemma4.Sampling.Constraints;
        global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using static Surroundings;
        """;

    // Semantic Kernel and Microsoft.Extensions.AI share names such as TextContent, so only blocks about kernels import it.
    private const string KernelUsings = """
        global using Gemma4.SemanticKernel;
        global using Microsoft.SemanticKernel;
        global using Microsoft.SemanticKernel.ChatCompletion;
        """;

    private const string Surroundings = """
        public static class Surroundings
        {
            public static IServiceCollection services = new ServiceCollection();
            public static IConfiguration configuration = new ConfigurationBuilder().Build();
            public static IChatClient client = null!;
            public static IChatClient model = null!;
            public static IChatClient judgeClient = null!;
            public static ChatOptions chatOptions = new();
            public static Gemma4Options options = new();
            public static Gemma4ChatClient gemma = null!;
            public static ToolApprovalGate gate = null!;
            public static AgentTrace trace = new();
            public static SafetyPolicy policy = new();
            public static CancellationToken cancellationToken = default;
            public static Delegate GetWeather = (string city) => city;
        }
        """;

    private const string WeatherPlugin = """
        public sealed class WeatherPlugin
        {
            [KernelFunction("get_weather")]
            public static string GetWeather(string city) => city;
        }
        """;

    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(IsManaged)
            .Select(path => MetadataReference.CreateFromFile(path))]);

    public static IReadOnlyList<string> Errors(DocumentBlock block)
    {
        var isKernel = (block.Preamble + block.Code).Contains("Kernel", StringComparison.Ordinal);
        var parse = new CSharpParseOptions(LanguageVersion.Preview);
        // The block begins on a line of its own, so that errors carry the document's line.
        var text = $"{block.Preamble.Trim()}\n#line {block.Line} \"{block.File}\"\n{block.Code}\n";
        List<SyntaxTree> trees =
        [
            CSharpSyntaxTree.ParseText(Usings, parse),
            CSharpSyntaxTree.ParseText(Surroundings, parse),
            CSharpSyntaxTree.ParseText(text, parse),
        ];
        if (isKernel)
        {
            trees.Add(CSharpSyntaxTree.ParseText(KernelUsings, parse));
            if (!text.Contains("class WeatherPlugin", StringComparison.Ordinal))
            {
                trees.Add(CSharpSyntaxTree.ParseText(WeatherPlugin, parse));
            }
        }

        // Excerpts may leave out what the whole needs, but never use what the packages do not have.
        var compilation = CSharpCompilation.Create(
            "Document",
            trees,
            References.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
                .WithSpecificDiagnosticOptions([new("GEMMA4001", ReportDiagnostic.Suppress), new("CS0618", ReportDiagnostic.Error)]));
        return [.. compilation.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != "CS5001")
            .Select(diagnostic => $"{block.File}({diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}): {diagnostic.Id} {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}")];
    }

    private static bool IsManaged(string path)
    {
        try
        {
            System.Reflection.AssemblyName.GetAssemblyName(path);
            return true;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
