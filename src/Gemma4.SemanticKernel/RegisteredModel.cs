namespace Gemma4.SemanticKernel;

/// <summary>Notes that the options under a service id are taken.</summary>
internal sealed record RegisteredModel(string? ServiceId);
