namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Gathers what a schema says and a constraint cannot hold; in strict mode the first such thing is an exception.</summary>
internal sealed class SchemaReport(string subject, bool isStrict)
{
    private readonly List<string> _warnings = [];

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Why some part admits nothing: the likely cause when the whole does not.</summary>
    public string? Impossibility { get; private set; }

    public string Subject => subject;

    public void Weaken(string pointer, string fact)
    {
        var sentence = $"{subject}: {fact} (at {pointer}).";
        if (isStrict)
        {
            throw new Gemma4ConstraintException(sentence + " Remove it, or compile without strict to have the rest enforced.");
        }

        if (!_warnings.Contains(sentence))
        {
            _warnings.Add(sentence);
        }
    }

    public void Impossible(string pointer, string fact) => Impossibility ??= $"{fact} (at {pointer})";
}
