using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>The keys an object may have beside its declared ones.</summary>
/// <param name="Names">Which names; the label of an accepting state minus one says which value belongs to the name.</param>
/// <param name="Values">The values by label.</param>
internal sealed record FreeKeys(CharAutomaton Names, GrammarNode[] Values)
{
    public int MinNesting
    {
        get
        {
            var least = GrammarNode.Impossible;
            foreach (var value in Values)
            {
                least = Math.Min(least, value.MinNesting);
            }

            return least;
        }
    }
}
