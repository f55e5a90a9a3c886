using Gemma4.Sampling.Constraints.Grammars;
using Gemma4.Tokenization;

namespace Gemma4.Sampling.Constraints;

/// <summary>The control tokens of a vocabulary by their spelling.</summary>
internal sealed class ControlIds
{
    private readonly Func<string, int> _idOf; // -1 when there is none

    private ControlIds(Func<string, int> idOf) => _idOf = idOf;

    public static ControlIds Of(Gemma4Tokenizer tokenizer) =>
        new(spelling => tokenizer.TryGetControlId(spelling, out var id) ? id : -1);

    /// <summary>Numbers in the order of a list, for texts that are checked without a vocabulary.</summary>
    public static ControlIds Of(string[] spellings) => new(spelling => Array.IndexOf(spellings, spelling));

    /// <exception cref="Gemma4ConstraintException">The vocabulary lacks the token.</exception>
    public ControlNode Node(string spelling) => _idOf(spelling) is >= 0 and var id
        ? new ControlNode(spelling, id)
        : throw new Gemma4ConstraintException(
            $"The tokenizer has no control token {spelling}, which the constraint needs. Use the tokenizer of a Gemma 4 model.");
}
