using System.Text.Json;

namespace Gemma4.Agents.Evaluation;

/// <summary>A call that counts as right.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">
/// For each parameter the values that are right. An empty text among them means that the parameter may be left out. The
/// members of an object are lists of right values in turn.
/// </param>
public sealed record ExpectedCall(string Name, IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Arguments);
