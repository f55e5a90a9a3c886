namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>How values are written: JSON, or the calls of Gemma with bare keys, delimited strings and no white space.</summary>
internal sealed class Notation
{
    /// <summary>White space characters in one gap of a JSON text.</summary>
    public const int MaxGap = 64;

    private readonly Func<GrammarNode, GrammarNode> _string;

    private Notation(bool isJson, bool closesObjects, GrammarNode? gap, Func<GrammarNode, GrammarNode> quote)
    {
        IsJson = isJson;
        ClosesObjects = closesObjects;
        Gap = gap;
        _string = quote;
    }

    public bool IsJson { get; }

    /// <summary>
    /// An object that declares keys has no others unless its schema allows them in so many words. The standard allows
    /// them where the schema is silent, but nobody reads them, and a small model goes on inventing them.
    /// </summary>
    public bool ClosesObjects { get; }

    /// <summary>What may stand between two marks; null when nothing may.</summary>
    public GrammarNode? Gap { get; }

    public Spelling StringSpelling => IsJson ? Spelling.JsonString : Spelling.Verbatim;

    public BytesNode ObjectOpen { get; } = new("{");

    public BytesNode ObjectClose { get; } = new("}");

    public BytesNode ArrayOpen { get; } = new("[");

    public BytesNode ArrayClose { get; } = new("]");

    public BytesNode Comma { get; } = new(",");

    public BytesNode Colon { get; } = new(":");

    public BytesNode Quote { get; } = new("\"");

    public static Notation Json(bool closesObjects = false)
    {
        var space = Characters.CharAutomaton.Loop(Characters.CharSet.OfChars(" \t\r\n"));
        var gap = new PatternNode(new Characters.CharPattern(space, 0, MaxGap), Spelling.Verbatim, "white space");
        var quote = new BytesNode("\"");
        return new Notation(isJson: true, closesObjects, gap, text => new SequenceNode(quote, text, quote));
    }

    public static Notation Calls(int delimiter)
    {
        var quote = new ControlNode("the string delimiter", delimiter);
        return new Notation(isJson: false, closesObjects: true, null, text => new SequenceNode(quote, text, quote));
    }

    public GrammarNode Quoted(GrammarNode text) => _string(text);

    public IEnumerable<GrammarNode> Parts()
    {
        if (Gap is not null)
        {
            yield return Gap;
        }

        yield return ObjectOpen;
        yield return ObjectClose;
        yield return ArrayOpen;
        yield return ArrayClose;
        yield return Comma;
        yield return Colon;
        yield return Quote;
    }
}
