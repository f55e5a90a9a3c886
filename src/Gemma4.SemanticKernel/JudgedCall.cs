using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>A call that was judged already, for one invocation of this function with these arguments.</summary>
internal sealed class JudgedCall(KernelFunction function, KernelArguments? arguments)
{
    private readonly Dictionary<string, object?> _arguments = new(arguments ?? [], StringComparer.OrdinalIgnoreCase);
    private int _taken;

    /// <summary>Whether this invocation is the judged one. True once: what the function itself invokes is another call.</summary>
    public bool Take(KernelFunction invoked, KernelArguments invokedArguments) =>
        ReferenceEquals(invoked, function)
        && invokedArguments.Count == _arguments.Count
        && invokedArguments.All(argument => _arguments.TryGetValue(argument.Key, out object? value) && Equals(value, argument.Value))
        && Interlocked.Exchange(ref _taken, 1) == 0;
}
