namespace Gemma4.Tokenization;

/// <summary>An entry of the file's <c>added_tokens</c>.</summary>
internal readonly record struct AddedToken(string Content, int Id);
