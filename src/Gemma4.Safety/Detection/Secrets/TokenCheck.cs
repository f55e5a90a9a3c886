namespace Gemma4.Safety.Detection.Secrets;

/// <summary>Whether a token of the right characters and length can be a real one.</summary>
internal delegate bool TokenCheck(ReadOnlySpan<char> token);
