namespace Gemma4.Testing;

/// <summary>The next id is a function of the tokens.</summary>
internal sealed class FunctionScript(Func<IReadOnlyList<int>, int> next) : SessionScript
{
    public override int Next(IReadOnlyList<int> tokens, int added) => next(tokens);
}
