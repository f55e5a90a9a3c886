using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Keys as a call has them: without quotes, up to the colon.</summary>
internal static class BareKeys
{
    private const string Marks = ":=,{}[]()\"'";

    /// <summary>Undeclared keys: identifiers with dots, hyphens and the like.</summary>
    public static CharAutomaton Names { get; } = AutomatonBuilder.FromExpression(
        RegexParser.Parse("^[A-Za-z_$@][A-Za-z0-9_.$@/-]*$"), isSearch: false, "A bare key", new ConstraintBudget())!;

    /// <summary>Whether the parser of calls reads a key back as it is.</summary>
    public static bool CanSpell(string key)
    {
        foreach (var c in key)
        {
            if (Marks.Contains(c, StringComparison.Ordinal) || c == '\uFFFF' || char.IsControl(c) || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return key.Length > 0 && key.Trim() == key;
    }
}
