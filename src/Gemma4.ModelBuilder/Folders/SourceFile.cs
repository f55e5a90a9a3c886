namespace Gemma4.ModelBuilder.Folders;

/// <summary>A file that a model was built from.</summary>
internal sealed record SourceFile(string Name, string Sha256);
