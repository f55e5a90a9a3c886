using Gemma4.Sampling;

namespace Gemma4.Tests.Sampling;

/// <summary>Allows the given ids (all when null) and records the picks.</summary>
internal sealed class ScriptedConstraint(int[]? allowed) : ITokenConstraint
{
    public int[]? Allowed { get; set; } = allowed;

    public List<int> Accepted { get; } = new(4096);

    public bool FillMask(Span<ulong> mask)
    {
        if (Allowed is null)
        {
            return false;
        }

        mask.Clear();
        foreach (var id in Allowed)
        {
            mask[id / 64] |= 1UL << (id % 64);
        }

        return true;
    }

    public void Accept(int token) => Accepted.Add(token);
}
