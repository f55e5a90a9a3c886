using System.Text.Json;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Selection;

/// <summary>
/// Ranks tools for a question: BM25 over the words of name, description and parameters, each part with its weight.
/// </summary>
internal sealed class ToolIndex
{
    // The usual saturation and a mild correction for length: tool texts are short and of like size.
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.4;

    // A word of the name says most of what a tool is for, one of a parameter's text least.
    private const double NameWeight = 2;
    private const double DescriptionWeight = 1.5;
    private const double ParameterWeight = 0.4;

    private readonly string[] _texts;
    private readonly Dictionary<string, double>[] _weights;
    private readonly double[] _lengths;
    private readonly Dictionary<string, int> _documents = new(StringComparer.Ordinal);
    private readonly double _averageLength;

    public ToolIndex(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        _texts = [.. tools.Select(WholeTextOf)];
        _weights = [.. tools.Select(Weights)];
        _lengths = [.. _weights.Select(weights => weights.Values.Sum())];
        _averageLength = _lengths.DefaultIfEmpty(1).Average();
        foreach (string word in _weights.SelectMany(weights => weights.Keys))
        {
            _documents[word] = _documents.GetValueOrDefault(word) + 1;
        }
    }

    /// <summary>Whether these are the tools of this index in the same order, by all that it reads of them.</summary>
    public bool IsOver(IReadOnlyList<AIFunctionDeclaration> tools) => tools.Count == _texts.Length && tools.Select(WholeTextOf).SequenceEqual(_texts, StringComparer.Ordinal);

    /// <summary>A score for each tool, in their order; 0 where no word matches.</summary>
    public double[] Scores(string question)
    {
        string[] words = [.. ToolWords.Of(question).Distinct(StringComparer.Ordinal)];
        double[] scores = new double[_texts.Length];
        foreach (string word in words)
        {
            int documents = _documents.GetValueOrDefault(word);
            if (documents == 0)
            {
                continue;
            }

            double rarity = Math.Log(1 + (_texts.Length - documents + 0.5) / (documents + 0.5));
            for (int i = 0; i < scores.Length; i++)
            {
                if (_weights[i].TryGetValue(word, out double weight))
                {
                    double norm = Saturation * (1 - LengthWeight + LengthWeight * _lengths[i] / _averageLength);
                    scores[i] += rarity * weight * (Saturation + 1) / (weight + norm);
                }
            }
        }

        return scores;
    }

    /// <summary>The text of a tool for an embedding.</summary>
    public static string TextOf(AIFunctionDeclaration tool) => $"{string.Join(' ', ToolWords.Of(tool.Name))}: {tool.Description}";

    private static string WholeTextOf(AIFunctionDeclaration tool) => $"{tool.Name}\n{tool.Description}\n{tool.JsonSchema}";

    private static Dictionary<string, double> Weights(AIFunctionDeclaration tool)
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal);
        Add(tool.Name, NameWeight);
        Add(tool.Description, DescriptionWeight);
        foreach ((string name, JsonElement property) in Schema.Of(tool.JsonSchema).Properties)
        {
            Add(name, ParameterWeight);
            Add(property.ValueKind == JsonValueKind.Object && property.TryGetProperty("description", out JsonElement text) ? text.ToString() : null, ParameterWeight);
        }

        return weights;

        void Add(string? text, double weight)
        {
            foreach (string word in ToolWords.Of(text))
            {
                weights[word] = weights.GetValueOrDefault(word) + weight;
            }
        }
    }
}
