namespace Gemma4.Parsing;

/// <summary>What surrounds a value without delimiters.</summary>
/// <param name="Owner">The schema of the object the value belongs to.</param>
/// <param name="SeenKeys">The object's keys so far, this value's own included; null in an array.</param>
/// <param name="IsArray">The value is an array's element.</param>
internal readonly record struct RawTextScope(ParameterSchema Owner, HashSet<string>? SeenKeys, bool IsArray);
