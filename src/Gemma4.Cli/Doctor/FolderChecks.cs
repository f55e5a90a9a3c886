using System.Globalization;
using System.Text.Json;
using Gemma4.Models;
using Gemma4.Tokenization;

namespace Gemma4.Cli.Doctor;

/// <summary>What a folder that opens may still have wrong, for this library or for the native ONNX Runtime GenAI.</summary>
internal static class FolderChecks
{
    private const int EndOfTurn = 106;
    private const int ToolResponse = 50;

    public static IEnumerable<Finding> Run(Gemma4ModelFolder folder)
    {
        yield return Finding.Ok("model", string.Create(
            CultureInfo.InvariantCulture,
            $"{folder.ModelId}, {folder.VocabularySize} tokens, context {folder.ContextLength}, {folder.Flavor} prompt, stops at {string.Join(", ", folder.StopTokenIds)}"));
        yield return CheckTokenizer(folder);
        foreach (var finding in CheckGenAiConfig(Path.Combine(folder.Directory, "genai_config.json")))
        {
            yield return finding;
        }

        if (Directory.Exists(folder.Directory + ".building"))
        {
            yield return Finding.Warning(
                "leftover", $"'{folder.Directory}.building' is what an interrupted build left.", "Delete it unless a build is running.");
        }
    }

    private static Finding CheckTokenizer(Gemma4ModelFolder folder)
    {
        Gemma4Tokenizer tokenizer;
        try
        {
            tokenizer = Gemma4Tokenizer.Load(folder.TokenizerPath);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Finding.Problem("tokenizer", exception.Message);
        }

        return tokenizer.VocabularySize <= folder.VocabularySize
            ? Finding.Ok("tokenizer", string.Create(CultureInfo.InvariantCulture, $"{tokenizer.VocabularySize} tokens"))
            : Finding.Problem(
                "tokenizer",
                string.Create(CultureInfo.InvariantCulture, $"tokenizer.json has {tokenizer.VocabularySize} tokens, the model {folder.VocabularySize}."),
                "Copy the tokenizer.json that belongs to the checkpoint.");
    }

    /// <summary>This library corrects these itself; the native ONNX Runtime GenAI takes the file at its word.</summary>
    private static IEnumerable<Finding> CheckGenAiConfig(string path)
    {
        const string topic = "genai_config";
        if (!File.Exists(path))
        {
            yield break;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var model = document.RootElement.GetProperty("model");
        var stops = Numbers(model, "eos_token_id");
        int[] missing = [.. new[] { EndOfTurn, ToolResponse }.Except(stops)];
        if (missing.Length > 0)
        {
            yield return Finding.Warning(
                topic,
                $"model.eos_token_id lacks {string.Join(" and ", missing)}: ONNX Runtime GenAI runs on past the end of a turn or a tool call.",
                $"Write \"eos_token_id\": [{string.Join(", ", stops.Union(missing).Order())}].");
        }

        if (Find(model, "decoder", "sliding_window") is { } window
            && (IsNotFalse(window, "slide_key_value_cache") || IsNotFalse(window, "slide_inputs")))
        {
            yield return Finding.Warning(
                topic,
                "model.decoder.sliding_window leaves slide_key_value_cache or slide_inputs on, which selects a cache of another kind.",
                "Set both to false.");
        }

        if (Find(document.RootElement, "search", "max_length") is { ValueKind: JsonValueKind.Number } length
            && Find(model, "context_length") is { ValueKind: JsonValueKind.Number } context
            && length.GetDouble() > context.GetDouble())
        {
            yield return Finding.Warning(
                topic,
                $"search.max_length is {length.GetRawText()}, above model.context_length {context.GetRawText()}: ONNX Runtime GenAI refuses to generate.",
                $"Lower search.max_length to {context.GetRawText()} at most.");
        }
    }

    private static int[] Numbers(JsonElement parent, string name) => Find(parent, name) switch
    {
        { ValueKind: JsonValueKind.Number } single => [single.GetInt32()],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(id => id.GetInt32())],
        _ => [],
    };

    private static bool IsNotFalse(JsonElement parent, string name) => Find(parent, name)?.ValueKind != JsonValueKind.False;

    private static JsonElement? Find(JsonElement parent, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out parent))
            {
                return null;
            }
        }

        return parent;
    }
}
