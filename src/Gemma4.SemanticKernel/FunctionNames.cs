namespace Gemma4.SemanticKernel;

/// <summary>
/// The name under which the model sees a function: <c>Plugin-Function</c>, as the kernel's other connectors write it.
/// Characters that Gemma's call notation cannot hold become underscores; the way back is always a table, never a split.
/// </summary>
internal static class FunctionNames
{
    private const char PluginSeparator = '-';

    public static string ForModel(string? plugin, string function)
    {
        string name = string.IsNullOrEmpty(plugin) ? function : plugin + PluginSeparator + function;
        return string.Create(name.Length + (CanStart(name[0]) ? 0 : 1), name, static (target, source) =>
        {
            int shift = target.Length - source.Length;
            target[0] = '_';
            for (int i = 0; i < source.Length; i++)
            {
                target[i + shift] = CanFollow(source[i]) ? source[i] : '_';
            }
        });
    }

    /// <summary>Plugin and function of a name that no declared function has, for the caller to read.</summary>
    public static (string? Plugin, string Function) Split(string name)
    {
        int separator = name.IndexOf(PluginSeparator, StringComparison.Ordinal);
        return separator > 0 && separator < name.Length - 1 ? (name[..separator], name[(separator + 1)..]) : (null, name);
    }

    private static bool CanStart(char character) => char.IsLetter(character) || character == '_';

    private static bool CanFollow(char character) => char.IsLetterOrDigit(character) || character is '_' or '.' or '-' or ':' or '/';
}
