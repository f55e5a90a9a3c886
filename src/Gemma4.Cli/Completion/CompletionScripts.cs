using System.Globalization;
using System.Text;
using Gemma4.Cli.Arguments;

namespace Gemma4.Cli.Completion;

/// <summary>
/// One script per shell, made from the commands themselves. A script knows which words may follow which: the first word, the
/// second word of a group, the options of a command, the values of an option. Everything else is left to the shell's
/// completion of files.
/// </summary>
internal static class CompletionScripts
{
    public static string Bash(IReadOnlyList<CommandDefinition> commands)
    {
        // Bash takes '--layout=te' apart at the equals sign.
        var text = new StringBuilder("""
            _gemma4() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words=""
                COMPREPLY=()
                if [ "$current" = "=" ]; then
                    current=""
                elif [ "$previous" = "=" ]; then
                    previous="${COMP_WORDS[COMP_CWORD-2]}"
                fi
                if [ "$COMP_CWORD" -eq 1 ]; then
            """);
        text.Append(CultureInfo.InvariantCulture, $"\n        words=\"{FirstWords(commands)} --help --version\"\n    else\n        case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}} $previous\" in\n");
        AppendValueCases(text, commands, (pattern, words) => $"            {pattern}) {(words.Length == 0 ? "return" : $"words=\"{words}\"")} ;;\n");
        text.Append("            *) case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
        AppendCases(text, commands, (pattern, words) => $"                {pattern}) words=\"{words}\" ;;\n");
        text.Append("""
                        esac ;;
                    esac
                fi
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o default -F _gemma4 gemma4

            """);
        return text.ToString();
    }

    public static string Zsh(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("#compdef gemma4\n_gemma4() {\n    local -a words_of\n    if (( CURRENT == 2 )); then\n");
        text.Append(CultureInfo.InvariantCulture, $"        words_of=({FirstWords(commands)} --help --version)\n    else\n        case \"$words[2] $words[3] $words[CURRENT-1]\" in\n");
        AppendValueCases(text, commands, (pattern, words) => $"            {pattern}) {(words.Length == 0 ? "_files" : $"compadd -- {words}")}; return ;;\n");
        text.Append("        esac\n        case \"$words[2] $words[3]\" in\n");
        AppendCases(text, commands, (pattern, words) => $"            {pattern}) words_of=({words}) ;;\n");
        text.Append("        esac\n    fi\n    compadd -- $words_of\n    _files\n}\ncompdef _gemma4 gemma4\n");
        return text.ToString();
    }

    public static string PowerShell(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("Register-ArgumentCompleter -Native -CommandName gemma4 -ScriptBlock {\n");
        text.Append("    param($word, $tree, $position)\n    $typed = @($tree.CommandElements | ForEach-Object { $_.ToString() })\n");
        text.Append("    $count = if ($word -eq '') { $typed.Count } else { $typed.Count - 1 }\n");
        text.Append("    $values = switch -Wildcard (\"$($typed[1]) $($typed[2]) $($typed[$count - 1])\") {\n");
        // One space is a value that is no word, so that nothing but files is offered.
        AppendValueCases(text, commands, (pattern, words) => $"        '{Plain(pattern)}' {{ '{(words.Length == 0 ? " " : words)}'; break }}\n");
        text.Append(CultureInfo.InvariantCulture, $"    }}\n    $words = if ($count -le 1) {{ '{FirstWords(commands)} --help --version' }} elseif ($values) {{ $values }} else {{\n        switch -Wildcard (\"$($typed[1]) $($typed[2])\") {{\n");
        AppendCases(text, commands, (pattern, words) => $"            '{Plain(pattern)}' {{ '{words}'; break }}\n");
        text.Append("            default { '' }\n        }\n    }\n");
        text.Append("    $words.Split(' ') | Where-Object { $_ -like \"$word*\" -and $_ -ne '' } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n}\n");
        return text.ToString();
    }

    /// <summary>The first words of commands, each once.</summary>
    public static string FirstWords(IReadOnlyList<CommandDefinition> commands) =>
        string.Join(' ', commands.Select(command => command.Name.Split(' ')[0]).Append("help").Distinct());

    /// <summary>The second words of commands by their first.</summary>
    public static IEnumerable<IGrouping<string, string>> Groups(IReadOnlyList<CommandDefinition> commands) =>
        commands.Where(IsGrouped).GroupBy(command => command.Name.Split(' ')[0], command => command.Name.Split(' ')[1]);

    /// <summary>What a command's first argument may be, where that is one of a few words.</summary>
    public static string[] NamedPositionals(CommandDefinition command) =>
        command.Positionals.Contains('|', StringComparison.Ordinal) ? command.Positionals.Split('|') : [];

    private static bool IsGrouped(CommandDefinition command) => command.Name.Contains(' ', StringComparison.Ordinal);

    private static string Plain(string pattern) => pattern.Replace("\"", "", StringComparison.Ordinal);

    // The word before the cursor is an option that takes a value: its values, or none where the shell knows better.
    private static void AppendValueCases(StringBuilder text, IReadOnlyList<CommandDefinition> commands, Func<string, string, string> writeCase)
    {
        foreach (var command in commands)
        {
            foreach (var option in command.Options.Where(option => option.ValueName is not null))
            {
                var pattern = IsGrouped(command) ? $"\"{command.Name} {option.Name}\"" : $"\"{command.Name} \"*\" {option.Name}\"";
                text.Append(writeCase(pattern, string.Join(' ', option.Values)));
            }
        }
    }

    // Commands of two words first: the pattern of their group would catch them too.
    private static void AppendCases(StringBuilder text, IReadOnlyList<CommandDefinition> commands, Func<string, string, string> writeCase)
    {
        foreach (var command in commands.OrderByDescending(IsGrouped))
        {
            var words = NamedPositionals(command).Concat(command.Options.Select(option => option.Name)).Append("--help");
            text.Append(writeCase(IsGrouped(command) ? $"\"{command.Name}\"" : $"\"{command.Name} \"*", string.Join(' ', words)));
        }

        foreach (var group in Groups(commands))
        {
            text.Append(writeCase($"\"{group.Key} \"*", string.Join(' ', group.Append("--help"))));
            text.Append(writeCase($"\"help {group.Key}\"", string.Join(' ', group)));
        }

        text.Append(writeCase("\"help \"*", FirstWords(commands)));
    }
}
