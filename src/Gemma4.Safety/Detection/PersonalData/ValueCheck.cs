namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Whether a value without its separators, in upper case, can be what its shape suggests.</summary>
internal delegate bool ValueCheck(ReadOnlySpan<char> value);
