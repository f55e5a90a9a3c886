using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Safety.Pipeline;

namespace Gemma4.Safety.Tools;

/// <summary>
/// The texts and numbers of a value and then the names of its members, one per line, as one text to judge; and the way back.
/// </summary>
internal sealed class ValueText
{
    private readonly object? _value;
    private readonly JsonNode? _root;
    private readonly List<(int Start, int Length)> _leaves = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal); // name -> start

    private ValueText(object? value)
    {
        _value = value;
        if (value is string text)
        {
            Text = text;
            return;
        }

        _root = JsonValues.ToNode(value);
        var lines = new StringBuilder();
        _root = Walk(_root, leaf =>
        {
            _leaves.Add((lines.Length, leaf.Length));
            lines.Append(leaf).Append('\n');
            return null;
        });
        // A name can be data: a table by mail address has one in every name. Behind the values, to be no context for them.
        foreach (var name in NamesOf(_root))
        {
            if (_names.TryAdd(name, lines.Length))
            {
                lines.Append(name).Append('\n');
            }
        }

        Text = lines.ToString();
    }

    public string Text { get; }

    public static ValueText Of(object? value) => new(value);

    /// <summary>The texts of a value, one per line; nothing when it cannot be read.</summary>
    public static string TextOf(object? value)
    {
        try
        {
            return Of(value).Text;
        }
        catch (Exception problem) when (problem is NotSupportedException or JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    /// <summary>The value with every text and name rewritten; the same object when none changes.</summary>
    /// <param name="hits">Findings in <see cref="Text"/>.</param>
    /// <param name="rewrite">Gets a text and the findings in it.</param>
    public object? Rewrite(IReadOnlyList<Hit> hits, Func<string, IReadOnlyList<Hit>, string> rewrite)
    {
        if (_value is string text)
        {
            return rewrite(text, hits);
        }

        var index = 0;
        var changed = false;
        var root = Walk(_root?.DeepClone(), leaf =>
        {
            var (start, length) = _leaves[index++];
            var result = rewrite(leaf, Within(hits, start, length));
            changed |= result != leaf;
            return result == leaf ? null : result;
        });
        var renamed = _names
            .Select(entry => (Old: entry.Key, New: rewrite(entry.Key, Within(hits, entry.Value, entry.Key.Length))))
            .Where(entry => entry.Old != entry.New)
            .ToDictionary(entry => entry.Old, entry => entry.New, StringComparer.Ordinal);
        return renamed.Count > 0 ? JsonValues.FromNode(Rename(root, renamed))
            : changed ? JsonValues.FromNode(root)
            : _value;
    }

    private static IEnumerable<string> NamesOf(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => NamesOf(member.Value).Prepend(member.Key)),
        JsonArray items => items.SelectMany(NamesOf),
        _ => [],
    };

    private static JsonNode? Rename(JsonNode? node, Dictionary<string, string> names)
    {
        switch (node)
        {
            case JsonObject members:
                var result = new JsonObject();
                foreach (var (old, value) in members)
                {
                    var name = names.GetValueOrDefault(old, old);
                    var unique = name;
                    for (var number = 2; result.ContainsKey(unique); number++)
                    {
                        unique = $"{name}_{number}"; // two values behind one placeholder stay two
                    }

                    result[unique] = Rename(value, names);
                }

                return result;
            case JsonArray items:
                return new JsonArray([.. items.Select(item => Rename(item, names))]);
            default:
                return node?.DeepClone();
        }
    }

    private static List<Hit> Within(IReadOnlyList<Hit> hits, int start, int length)
    {
        var result = new List<Hit>();
        foreach (var hit in hits)
        {
            var from = Math.Max(hit.Start, start);
            var to = Math.Min(hit.End, start + length);
            if (from < to)
            {
                result.Add(hit with { Finding = hit.Finding with { Start = from - start, Length = to - from } });
            }
        }

        return result;
    }

    private static JsonNode? Walk(JsonNode? node, Func<string, string?> visit)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var name in members.Select(member => member.Key).ToArray())
                {
                    var value = members[name];
                    var changed = Walk(value, visit);
                    if (!ReferenceEquals(changed, value))
                    {
                        members[name] = changed;
                    }
                }

                return node;
            case JsonArray items:
                for (var index = 0; index < items.Count; index++)
                {
                    var value = items[index];
                    var changed = Walk(value, visit);
                    if (!ReferenceEquals(changed, value))
                    {
                        items[index] = changed;
                    }
                }

                return node;
            case JsonValue leaf when leaf.GetValueKind() is JsonValueKind.String:
                return visit(leaf.GetValue<string>()) is { } text ? JsonValue.Create(text) : node;
            case JsonValue leaf when leaf.GetValueKind() is JsonValueKind.Number:
                return visit(leaf.ToJsonString()) is { } number ? JsonValue.Create(number) : node;
            default:
                return node;
        }
    }
}
