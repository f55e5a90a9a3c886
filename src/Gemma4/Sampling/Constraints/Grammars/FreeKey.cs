namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>An undeclared key that is being read.</summary>
/// <param name="Members">The keys before it.</param>
/// <param name="Text">What is read of it; null when that differs from every earlier key and nobody asks.</param>
/// <param name="IsAbstract">Only the next token matters, so a key that cannot collide need not be remembered.</param>
internal sealed record FreeKey(MemberSet Members, string? Text, bool IsAbstract)
{
    public FreeKey Append(int scalar)
    {
        if (Text is null)
        {
            return this;
        }

        return (this with { Text = Text + char.ConvertFromUtf32(scalar) }).Shorten();
    }

    public FreeKey Abstract() => (this with { IsAbstract = true }).Shorten();

    private FreeKey Shorten()
    {
        if (!IsAbstract || Text is null)
        {
            return this;
        }

        foreach (var key in Members.Free)
        {
            if (key.StartsWith(Text, StringComparison.Ordinal))
            {
                return this;
            }
        }

        return this with { Text = null };
    }
}
