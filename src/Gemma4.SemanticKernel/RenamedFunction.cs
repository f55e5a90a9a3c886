using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>A function under another name; everything else is the function's own.</summary>
internal sealed class RenamedFunction : DelegatingAIFunction
{
    public RenamedFunction(AIFunction function, string name)
        : base(function)
    {
        Name = name;
    }

    public override string Name { get; }
}
