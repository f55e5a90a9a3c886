using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>The functions declared to the model in one request, found again by the name that the model gives.</summary>
internal sealed class FunctionTable
{
    private readonly Dictionary<string, KernelFunction> _functions = new(StringComparer.Ordinal);

    public FunctionTable(IEnumerable<KernelFunction>? functions)
    {
        foreach (KernelFunction function in functions ?? [])
        {
            string name = FunctionNames.ForModel(function.PluginName, function.Name);
            if (!_functions.TryAdd(name, function))
            {
                throw new ArgumentException($"Two functions have the name '{name}' for the model, which could not tell them apart: '{Spell(_functions[name])}' and '{Spell(function)}'. Rename one, or offer only one of them.");
            }

            Declarations.Add(AIFunctionFactory.CreateDeclaration(name, function.Description, function.JsonSchema, function.ReturnJsonSchema));
        }
    }

    public List<AITool> Declarations { get; } = [];

    public KernelFunction? Find(string? plugin, string function) =>
        _functions.GetValueOrDefault(FunctionNames.ForModel(plugin, function));

    /// <summary>Plugin and function behind a name from the model, declared or not.</summary>
    public (string? Plugin, string Function) Parts(string name) =>
        _functions.TryGetValue(name, out KernelFunction? function) ? (function.PluginName, function.Name) : FunctionNames.Split(name);

    private static string Spell(KernelFunction function) => $"{function.PluginName}.{function.Name}";
}
