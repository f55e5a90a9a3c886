using System.Text.Json;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>Compares a built nano with tests/data/nano/reference.json.</summary>
internal static class NanoReference
{
    private static readonly int[] StopIds = [1, 106, 50];
    private static readonly JsonElement Root = Reference.Read(TestData.Path("nano", "reference.json"));

    /// <summary>Names of the prompts whose greedy answer differs.</summary>
    public static string[] Misses(GraphRunner runner)
    {
        var misses = new List<string>();
        foreach (var prompt in Root.GetProperty("prompts").EnumerateArray())
        {
            var expected = Reference.Ids(prompt.GetProperty("greedy_ids"));
            var actual = runner.Greedy(Reference.Ids(prompt.GetProperty("ids")), expected.Length, StopIds);
            if (!actual.SequenceEqual(expected))
            {
                misses.Add(prompt.GetProperty("id").GetString()!);
            }
        }

        return [.. misses];
    }

    public static float LargestLogitDifference(GraphRunner runner)
    {
        var largest = 0f;
        foreach (var entry in Root.GetProperty("logits").EnumerateArray())
        {
            runner.Reset();
            var actual = runner.Append(PromptIds(entry.GetProperty("prompt").GetString()!));
            largest = Math.Max(largest,
                Reference.LargestDifference(Reference.Floats(entry.GetProperty("logits").GetString()!), actual));
        }

        return largest;
    }

    /// <summary>After the prompt and after each of the tokens that follow it, decoded one at a time.</summary>
    public static float LargestDecodeDifference(GraphRunner runner)
    {
        var decode = Root.GetProperty("decode");
        var tokens = Reference.Ids(decode.GetProperty("tokens"));
        var expected = decode.GetProperty("logits").EnumerateArray().Select(e => Reference.Floats(e.GetString()!));
        runner.Reset();
        var actual = runner.Append(PromptIds(decode.GetProperty("prompt").GetString()!));
        var largest = 0f;
        var next = 0;
        foreach (var logits in expected)
        {
            largest = Math.Max(largest, Reference.LargestDifference(logits, actual));
            actual = next < tokens.Length ? runner.Append([tokens[next++]]) : actual;
        }

        return largest;
    }

    private static int[] PromptIds(string id) => Reference.Ids(Root.GetProperty("prompts").EnumerateArray()
        .First(prompt => prompt.GetProperty("id").GetString() == id).GetProperty("ids"));
}
