using Gemma4.Nano;

namespace Gemma4;

/// <summary>Selects the built-in demo model.</summary>
public static class Gemma4NanoExtensions
{
    /// <summary>
    /// Uses gemma4-nano, a toy model of 5 million parameters that answers by greedy decoding. It is good for trying the
    /// library and for tests of plumbing; it knows almost nothing and makes mistakes.
    /// </summary>
    public static Gemma4Options UseNano(this Gemma4Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ModelPath = NanoModel.Directory;
        options.ModelId = "gemma4-nano";
        return options;
    }
}
