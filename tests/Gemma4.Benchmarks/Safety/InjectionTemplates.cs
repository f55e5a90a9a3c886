using System.Text.RegularExpressions;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Expands injection-templates.txt with a seeded choice.</summary>
internal sealed partial class InjectionTemplates
{
    private const int Expansions = 60; // per template, before duplicates go
    private const int Depth = 4;       // alternatives that name alternatives

    private readonly Dictionary<string, string[]> _choices = [];
    private readonly List<(string Text, bool IsAttack)> _templates = [];
    private readonly Random _random = new(20260801);

    public InjectionTemplates(string file)
    {
        foreach (var line in File.ReadLines(file))
        {
            switch (line)
            {
                case ['@', .. var rest]:
                    var equals = rest.IndexOf('=', StringComparison.Ordinal);
                    _choices[rest[..equals]] = rest[(equals + 1)..].Split('|');
                    break;
                case ['+', .. var attack]:
                    _templates.Add((attack, true));
                    break;
                case ['-', .. var harmless]:
                    _templates.Add((harmless, false));
                    break;
            }
        }
    }

    /// <summary>Every template many times; some attacks behind or before a harmless text, as they come in documents.</summary>
    public IReadOnlyList<InjectionText> Expand()
    {
        var texts = new HashSet<InjectionText>();
        var harmless = _templates.Where(template => !template.IsAttack).ToArray();
        foreach (var (template, isAttack) in _templates)
        {
            for (var round = 0; round < Expansions; round++)
            {
                var text = Fill(template);
                var kind = round % 5;
                if (kind == 3)
                {
                    var other = Harmless();
                    text = _random.Next(5) switch
                    {
                        0 or 1 => $"{other} {text}",
                        2 => $"{text} {other}",
                        3 => $"{other}. {Harmless()}. {text}",
                        _ => Inside(other, _random.Next(2) == 0 ? text : text.ToUpperInvariant()),
                    };
                }
                else if (kind == 4)
                {
                    text = _random.Next(3) switch { 0 => text.ToUpperInvariant(), 1 => text.TrimEnd('.', '!', '?'), _ => text + " " + text };
                }

                texts.Add(new InjectionText("templates", text, isAttack));
            }
        }

        return [.. texts];

        string Harmless() => Fill(harmless[_random.Next(harmless.Length)].Text);
    }

    // An order in the middle of a question, between two of its words.
    private string Inside(string outer, string inner)
    {
        var spaces = Enumerable.Range(0, outer.Length).Where(position => outer[position] == ' ').ToArray();
        var at = spaces.Length == 0 ? outer.Length : spaces[_random.Next(spaces.Length)];
        return $"{outer[..at]} {inner}{outer[at..]}";
    }

    private string Fill(string template)
    {
        for (var round = 0; round < Depth && template.Contains('{'); round++)
        {
            template = Slot().Replace(template, match =>
                _choices.TryGetValue(match.Groups[1].Value, out var choices) ? choices[_random.Next(choices.Length)] : throw new InvalidDataException($"@{match.Groups[1].Value} is not defined."));
        }

        return template.Replace("\\n", "\n", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Slot();
}
