namespace Gemma4.Models;

/// <summary>Heads and head size of one cache as a configuration file gives them; null where it is silent.</summary>
internal readonly record struct CacheShape(int? KeyValueHeads, int? HeadSize);
