using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Tests;

/// <summary>The baseline: BM25 (k1 1.5, b 0.75) over lower-case words, those of the name counted twice.</summary>
internal sealed partial class PlainBm25
{
    private readonly List<Dictionary<string, int>> _counts;
    private readonly Dictionary<string, int> _documents = [];
    private readonly double _average;

    public PlainBm25(IEnumerable<AIFunctionDeclaration> tools)
    {
        _counts = [.. tools.Select(tool => Words($"{tool.Name} {tool.Name} {tool.Description} {tool.JsonSchema}").GroupBy(word => word).ToDictionary(group => group.Key, group => group.Count()))];
        _average = _counts.Average(counts => counts.Values.Sum());
        foreach (string word in _counts.SelectMany(counts => counts.Keys))
        {
            _documents[word] = _documents.GetValueOrDefault(word) + 1;
        }
    }

    public double[] Scores(string question)
    {
        string[] words = [.. Words(question)];
        return [.. _counts.Select(counts => words.Where(counts.ContainsKey).Sum(word =>
            Math.Log(1 + (_counts.Count - _documents[word] + 0.5) / (_documents[word] + 0.5)) * counts[word] * 2.5
            / (counts[word] + 1.5 * (0.25 + 0.75 * counts.Values.Sum() / _average))))];
    }

    private static IEnumerable<string> Words(string text) => Word().Matches(text.ToLowerInvariant()).Select(match => match.Value);

    [GeneratedRegex("[a-z0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
