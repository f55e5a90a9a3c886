using System.Text.RegularExpressions;

namespace Gemma4.Safety.Tools;

/// <summary>Asks the argument rules about one call.</summary>
internal static class ArgumentRuleCheck
{
    /// <summary>The strictest decision of the rules that the arguments break; <see cref="ToolDecision.Run"/> when none is.</summary>
    public static ToolDecision Decide(IList<ArgumentRule> rules, string tool, IEnumerable<KeyValuePair<string, object?>> arguments)
    {
        var decision = ToolDecision.Run;
        foreach (var rule in rules.Where(rule => rule.Tool == tool))
        {
            foreach (var (_, value) in arguments.Where(argument => string.Equals(argument.Key, rule.Argument, StringComparison.OrdinalIgnoreCase)))
            {
                if (!Holds(rule, JsonValues.ToText(value)))
                {
                    decision = (ToolDecision)Math.Max((int)decision, (int)rule.Otherwise);
                }
            }
        }

        return decision;
    }

    private static bool Holds(ArgumentRule rule, string value) =>
        (rule.AllowedValues.Count == 0 || rule.AllowedValues.Contains(value))
        && (rule.MaxLength is not { } length || value.Length <= length)
        && (rule.Pattern is not { } pattern || Regex.IsMatch(value, $@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))
        && (rule.AllowedHosts.Count == 0 || HasHost(value, rule.AllowedHosts))
        && (rule.Root is not { } root || IsBelow(value, root));

    private static bool HasHost(string value, IList<string> hosts) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
        && hosts.Any(host => uri.IdnHost.Equals(host, StringComparison.OrdinalIgnoreCase) || uri.IdnHost.EndsWith("." + host, StringComparison.OrdinalIgnoreCase));

    private static bool IsBelow(string value, string root)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var path = Path.GetFullPath(value.Replace('\\', '/'), folder);
        return path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
