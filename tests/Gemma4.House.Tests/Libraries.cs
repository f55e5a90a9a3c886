using System.Reflection;

namespace Gemma4.House.Tests;

/// <summary>The packages and the arrows between them, as drawn in the README's architecture section.</summary>
internal static class Libraries
{
    public static readonly IReadOnlyDictionary<string, string[]> AllowedOurs = new Dictionary<string, string[]>
    {
        ["Gemma4"] = [],
        ["Gemma4.Agents"] = [],
        ["Gemma4.ModelBuilder"] = ["Gemma4"],
        ["Gemma4.Nano"] = ["Gemma4"],
        ["Gemma4.OnnxRuntimeGenAI"] = ["Gemma4"],
        ["Gemma4.Remote"] = [],
        ["Gemma4.Retrieval"] = ["Gemma4.Safety"],
        ["Gemma4.Retrieval.Documents"] = ["Gemma4.Retrieval"],
        ["Gemma4.Retrieval.Languages"] = ["Gemma4.Retrieval"],
        ["Gemma4.Retrieval.Redis"] = ["Gemma4.Retrieval"],
        ["Gemma4.Retrieval.Sqlite"] = ["Gemma4.Retrieval"],
        ["Gemma4.SemanticKernel"] = ["Gemma4", "Gemma4.Retrieval", "Gemma4.Safety"],
        ["Gemma4.Safety"] = [],
        ["Gemma4.Testing"] = ["Gemma4"],
    };

    /// <summary>Assemblies outside the runtime that a library may reference, by exact name or by prefix ending in a dot.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> AllowedForeign = new Dictionary<string, string[]>
    {
        ["Gemma4"] = ["Microsoft.Extensions.", "Microsoft.ML.OnnxRuntime"],
        ["Gemma4.Agents"] = ["Microsoft.Extensions.", "Microsoft.Agents.AI.Abstractions", "ModelContextProtocol.Core"],
        ["Gemma4.ModelBuilder"] = [],
        ["Gemma4.Nano"] = ["Microsoft.Extensions."],
        ["Gemma4.OnnxRuntimeGenAI"] = ["Microsoft.Extensions."],
        ["Gemma4.Remote"] = ["Microsoft.Extensions.", "OpenAI", "System.ClientModel"],
        ["Gemma4.Retrieval"] = ["Microsoft.Extensions.", "Markdig", "System.IO.Hashing", "System.Numerics.Tensors"],
        ["Gemma4.Retrieval.Documents"] = ["Microsoft.Extensions.", "AngleSharp", "DocumentFormat.OpenXml", "DocumentFormat.OpenXml.", "UglyToad.PdfPig", "UglyToad.PdfPig."],
        ["Gemma4.Retrieval.Languages"] = ["Microsoft.Extensions.", "Lucene.Net", "Lucene.Net."],
        ["Gemma4.Retrieval.Redis"] = ["Microsoft.Extensions.", "StackExchange.Redis", "System.Numerics.Tensors"],
        ["Gemma4.Retrieval.Sqlite"] = ["Microsoft.Extensions.", "Microsoft.Data.Sqlite"],
        ["Gemma4.SemanticKernel"] = ["Microsoft.Extensions.", "Microsoft.SemanticKernel.Abstractions"],
        ["Gemma4.Safety"] = ["Microsoft.Extensions."],
        ["Gemma4.Testing"] = ["Microsoft.Extensions."],
    };

    public static TheoryData<string> Names => [.. AllowedOurs.Keys];

    public static Assembly Load(string name) => Assembly.Load(name);
}
