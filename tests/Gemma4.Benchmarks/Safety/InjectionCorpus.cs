using System.Text.Json;

namespace Gemma4.Benchmarks.Safety;

/// <summary>The texts from which the injection model learns and those on which it is measured. Public sets, and the project's own set of everyday requests, are halved by row number.</summary>
internal static class InjectionCorpus
{
    private static readonly string[] CallFiles =
        ["BFCL_v4_simple_python", "BFCL_v4_multiple", "BFCL_v4_parallel", "BFCL_v4_parallel_multiple", "BFCL_v4_irrelevance"];

    /// <summary>Rows with an even number (seen) or an odd one (held out) of every public set.</summary>
    public static IReadOnlyList<InjectionText> Public(string data, bool heldOut)
    {
        var parity = heldOut ? 1 : 0;
        return [.. Sets(data).SelectMany(set => set.Where((_, row) => row % 2 == parity))];
    }

    private static IEnumerable<IEnumerable<InjectionText>> Sets(string data)
    {
        yield return Deepset(data);
        yield return XsTest(data);
        yield return Mitre(data);
        foreach (var file in CallFiles)
        {
            yield return Calls(Path.Combine(data, "bfcl", file + ".json"));
        }

        yield return LabelledText.Read(Path.Combine(data, "pii", "synth_dataset_v2.json")).Select(text => new InjectionText("pii", text.Text, false));
        yield return File.ReadLines(Path.Combine(TestData.Root, "tests", "Gemma4.Benchmarks", "Safety", "everyday-requests.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => new InjectionText("everyday", line, false));
    }

    private static IEnumerable<InjectionText> Deepset(string data) =>
        File.ReadLines(Path.Combine(data, "injection", "deepset-train.jsonl")).Select(line =>
        {
            using var row = JsonDocument.Parse(line);
            return new InjectionText("deepset", row.RootElement.GetProperty("text").GetString()!, row.RootElement.GetProperty("label").GetInt32() == 1);
        });

    // Only rows marked safe: harmless prompts that look dangerous.
    private static IEnumerable<InjectionText> XsTest(string data) =>
        File.ReadLines(Path.Combine(data, "benign", "xstest-half.csv")).Skip(1)
            .Select(Columns).Where(columns => columns.Count > 3 && columns[3] == "safe")
            .Select(columns => new InjectionText("xstest-safe", columns[1], false));

    private static IEnumerable<InjectionText> Mitre(string data)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data, "benign", "mitre-frr-half.json")));
        return [.. document.RootElement.EnumerateArray().Select(row => new InjectionText("mitre", Prompt(row), false))];
    }

    private static string Prompt(JsonElement row) =>
        row.TryGetProperty("prompt", out var prompt) ? prompt.GetString()! : row.GetProperty("mutated_prompt").GetString()!;

    private static IEnumerable<InjectionText> Calls(string file) =>
        File.ReadLines(file).Where(line => line.Length > 0).Select(line =>
        {
            using var row = JsonDocument.Parse(line);
            return new InjectionText("bfcl", row.RootElement.GetProperty("question")[0][0].GetProperty("content").GetString()!, false);
        });

    private static List<string> Columns(string line)
    {
        var columns = new List<string> { "" };
        var quoted = false;
        foreach (var character in line)
        {
            if (character == '"')
            {
                quoted = !quoted;
            }
            else if (character == ',' && !quoted)
            {
                columns.Add("");
            }
            else
            {
                columns[^1] += character;
            }
        }

        return columns;
    }
}
