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
        ["Gemma4.SemanticKernel"] = ["Gemma4"],
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
        ["Gemma4.SemanticKernel"] = ["Microsoft.Extensions.", "Microsoft.SemanticKernel.Abstractions"],
        ["Gemma4.Safety"] = ["Microsoft.Extensions."],
        ["Gemma4.Testing"] = ["Microsoft.Extensions."],
    };

    public static TheoryData<string> Names => [.. AllowedOurs.Keys];

    public static Assembly Load(string name) => Assembly.Load(name);
}
