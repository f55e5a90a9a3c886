namespace Gemma4.Agents.Mcp;

/// <summary>A tool definition as it was approved.</summary>
/// <param name="Server">The server's name, chosen by the application.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Hash">SHA-256 over name, texts, schemas and hints, in lower-case hexadecimal.</param>
public sealed record PinnedTool(string Server, string Tool, string Hash);
