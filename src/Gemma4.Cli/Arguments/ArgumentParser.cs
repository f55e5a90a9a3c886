namespace Gemma4.Cli.Arguments;

/// <summary>
/// Splits a command's words into options and positional arguments: <c>--name value</c>, <c>--name=value</c>, flags, and
/// <c>--</c> after which everything is positional.
/// </summary>
internal static class ArgumentParser
{
    public static ParsedArguments Parse(CommandDefinition command, ReadOnlySpan<string> words)
    {
        var positionals = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                positionals.AddRange(words[(i + 1)..]);
                break;
            }

            if (word.Length < 2 || word[0] != '-')
            {
                positionals.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var option = Find(command, equals < 0 ? word : word[..equals]);
            if (option.ValueName is null)
            {
                values[option.Name] = equals < 0 ? "" : throw new UsageException($"'{option.Name}' takes no value.");
            }
            else if (equals >= 0)
            {
                values[option.Name] = word[(equals + 1)..];
            }
            else if (i + 1 < words.Length && !IsOption(command, words[i + 1]))
            {
                values[option.Name] = words[++i];
            }
            else
            {
                throw new UsageException($"'{option.Name}' needs a value: {option.Name} {option.ValueName}.");
            }
        }

        CheckCount(command, positionals);
        return new ParsedArguments(positionals, values);
    }

    private static OptionDefinition Find(CommandDefinition command, string name) =>
        command.Options.FirstOrDefault(option => option.Name == name)
        ?? throw new UsageException(
            $"'{command.Name}' has no option '{name}'."
            + NearestName.Suggest(name, command.Options.Select(option => option.Name).Append("--help")));

    // A value may begin with a dash (a negative number); only a known option counts as a forgotten value.
    private static bool IsOption(CommandDefinition command, string word) =>
        command.Options.Any(option => word == option.Name || word.StartsWith(option.Name + "=", StringComparison.Ordinal));

    private static void CheckCount(CommandDefinition command, List<string> positionals)
    {
        if (positionals.Count < command.MinPositionals)
        {
            throw new UsageException($"'{command.Name}' needs {command.Positionals.Replace("...", "", StringComparison.Ordinal)}.");
        }

        if (positionals.Count > command.MaxPositionals)
        {
            throw new UsageException($"'{command.Name}' has no use for '{positionals[command.MaxPositionals]}'.");
        }
    }
}
