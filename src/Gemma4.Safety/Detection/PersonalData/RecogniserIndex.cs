namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>The table's shapes by how a value begins, so that a word meets only the few that can fit it.</summary>
internal sealed class RecogniserIndex
{
    private const int MaxRun = 63;

    private readonly (Shape Shape, Recogniser Row)[][] _byDigits = new (Shape, Recogniser)[MaxRun + 1][];
    private readonly (Shape Shape, Recogniser Row)[][] _byLetters = new (Shape, Recogniser)[MaxRun + 1][];
    private readonly (Shape Shape, Recogniser Row)[][] _byEither = new (Shape, Recogniser)[MaxRun + 1][];

    public RecogniserIndex(IEnumerable<Recogniser> rows)
    {
        var shapes = rows.SelectMany(row => row.Shapes.Select(pattern => (Shape: new Shape(pattern), Row: row))).ToArray();
        for (var run = 0; run <= MaxRun; run++)
        {
            var fitting = shapes.Where(entry => (entry.Shape.Leads >> run & 1) != 0).ToArray();
            _byEither[run] = [.. fitting.Where(entry => entry.Shape.StartsWithEither)];
            _byDigits[run] = [.. fitting.Where(entry => entry.Shape.StartsWithDigit)];
            _byLetters[run] = [.. fitting.Where(entry => !entry.Shape.StartsWithDigit && !entry.Shape.StartsWithEither)];
        }
    }

    /// <summary>The shapes that may begin with this many digits or letters.</summary>
    public ReadOnlySpan<(Shape Shape, Recogniser Row)> ByClass(bool isDigit, int run) =>
        run > MaxRun ? [] : isDigit ? _byDigits[run] : _byLetters[run];

    /// <summary>The shapes that begin with either, for a run of this many letters and digits.</summary>
    public ReadOnlySpan<(Shape Shape, Recogniser Row)> ByEither(int run) => run > MaxRun ? [] : _byEither[run];
}
