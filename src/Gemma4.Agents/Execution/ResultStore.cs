using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Execution;

/// <summary>Whole results of a run that were cut, for the model to fetch more of.</summary>
internal sealed class ResultStore(Func<string, int> countTokens, int limit)
{
    public const string ToolName = "read_more_result";

    private readonly Lock _gate = new();
    private readonly List<string> _results = [];

    public string Keep(string result)
    {
        lock (_gate)
        {
            _results.Add(result);
            return FormattableString.Invariant($"r{_results.Count}");
        }
    }

    public AIFunction Tool() => AIFunctionFactory.Create(Read, ToolName, "Reads more of a tool result that was cut.");

    private string Read([Description("The handle from the note")] string handle, [Description("First character to read")] int offset = 0)
    {
        string[] results;
        lock (_gate)
        {
            results = [.. _results];
        }

        if (!handle.StartsWith('r') || !int.TryParse(handle.AsSpan(1), out int number) || number < 1 || number > results.Length)
        {
            return $"Error: there is no result '{handle}'.";
        }

        string rest = results[number - 1];
        rest = rest[Math.Clamp(offset, 0, rest.Length)..];
        int length = rest.Length;
        while (length > 0 && countTokens(rest[..length]) > limit)
        {
            length = length * 3 / 4;
        }

        return rest[..length];
    }
}
