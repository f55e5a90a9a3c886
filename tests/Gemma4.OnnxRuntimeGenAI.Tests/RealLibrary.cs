namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The real onnxruntime-genai, which only the machine's owner can bring.</summary>
internal static class RealLibrary
{
    public const string Variable = "GEMMA4_GENAI_LIBRARY";

    public static string? Path { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    public static string? SkipReason =>
        Path is null ? $"needs the native onnxruntime-genai library; set {Variable} to its file" : null;
}
