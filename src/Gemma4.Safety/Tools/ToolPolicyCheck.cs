using System.Text.RegularExpressions;

namespace Gemma4.Safety.Tools;

/// <summary>Finds what a tool policy cannot do.</summary>
internal static class ToolPolicyCheck
{
    public static void Run(ToolPolicy policy, string path, List<string> problems)
    {
        if (policy.MaxCalls < 0)
        {
            problems.Add($"{path}:MaxCalls must be 0 or more.");
        }

        foreach (var (rule, index) in policy.Arguments.Select((rule, index) => (rule, index)))
        {
            var at = $"{path}:Arguments:{index}";
            if (string.IsNullOrEmpty(rule.Tool) || string.IsNullOrEmpty(rule.Argument))
            {
                problems.Add($"{at} needs Tool and Argument.");
            }

            if (rule.AllowedValues.Count == 0 && rule.Pattern is null && rule.AllowedHosts.Count == 0 && rule.Root is null && rule.MaxLength is null)
            {
                problems.Add($"{at} forbids nothing. Set AllowedValues, Pattern, AllowedHosts, Root or MaxLength.");
            }

            if (rule.Pattern is { } pattern && !IsPattern(pattern))
            {
                problems.Add($"{at}:Pattern is no regular expression that runs without backtracking.");
            }
        }
    }

    private static bool IsPattern(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
