using Microsoft.Extensions.AI;

namespace Gemma4.Parsing;

/// <summary>The functions the prompt declared: the evidence that decides between readings of a call.</summary>
internal sealed class DeclaredTools
{
    private readonly Dictionary<string, ParameterSchema> _schemas = new(StringComparer.Ordinal);

    public DeclaredTools(IReadOnlyList<AIFunctionDeclaration>? tools)
    {
        for (var i = 0; tools is not null && i < tools.Count; i++)
        {
            _schemas.TryAdd(tools[i].Name, new ParameterSchema(tools[i].JsonSchema));
        }
    }

    public bool IsEmpty => _schemas.Count == 0;

    public bool Contains(string name) => _schemas.ContainsKey(name);

    public ParameterSchema SchemaOf(string name) => _schemas.TryGetValue(name, out var schema) ? schema : default;

    /// <summary>The declared name behind a qualified one ("functions.get_weather"); the name as it is otherwise.</summary>
    public string Resolve(string name)
    {
        if (Contains(name))
        {
            return name;
        }

        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] is '.' or ':' or '/' && Contains(name[(i + 1)..]))
            {
                return name[(i + 1)..];
            }
        }

        return name;
    }
}
