using System.Globalization;
using System.Text;
using Gemma4.SemanticKernel;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel;

/// <summary>Takes functions from elsewhere whose names the kernel refuses.</summary>
public static class Gemma4FunctionExtensions
{
    /// <summary>
    /// Functions for a plugin, such as the tools of an MCP server:
    /// <c>kernel.Plugins.AddFromFunctions("Server", tools.AsKernelFunctions())</c>. The kernel takes names of ASCII
    /// letters, digits and underscores only: accents are dropped, other characters become underscores, and a name that
    /// is then taken gets a number (<c>files.read</c> becomes <c>files_read</c>). Each call reaches its own function.
    /// </summary>
    public static IReadOnlyList<KernelFunction> AsKernelFunctions(this IEnumerable<AIFunction> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase); // The kernel finds functions without regard to case.
        List<KernelFunction> functions = [];
        foreach (AIFunction tool in tools)
        {
            string name = KernelName(tool.Name);
            string free = name;
            for (int number = 2; !taken.Add(free); number++)
            {
                free = string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");
            }

            functions.Add((free == tool.Name ? tool : new RenamedFunction(tool, free)).AsKernelFunction());
        }

        return functions;
    }

    private static string KernelName(string name)
    {
        StringBuilder result = new();
        foreach (char character in name.Normalize(NormalizationForm.FormD))
        {
            if (char.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark)
            {
                result.Append(char.IsAsciiLetterOrDigit(character) ? character : '_');
            }
        }

        return result.ToString();
    }
}
