using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>An engine that can run sessions with a LoRA adapter over the same weights.</summary>
[Experimental("GEMMA4001")]
public interface IAdapterEngine : IGenerationEngine
{
    /// <summary>
    /// Opens an empty session that runs with the adapter in <paramref name="adapterFile"/>. The file is read once per
    /// engine; sessions with and without adapters run side by side.
    /// </summary>
    /// <exception cref="Gemma4ModelException">The file is missing, damaged, or made for another model.</exception>
    IGenerationSession CreateSession(string adapterFile);
}
