using System.Collections.Concurrent;
using System.Numerics;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Compiles null, booleans, numbers and strings.</summary>
internal sealed class ScalarCompiler(SchemaReport report, ConstraintBudget budget, Notation notation)
{
    // Formats and free numbers are the same everywhere, and the date alone is worth remembering.
    private static readonly ConcurrentDictionary<string, CharPattern> Formats = new(StringComparer.Ordinal);

    // A small model that has begun a row of digits may never end it, and every number of .NET has a spelling of 64
    // characters or fewer; of a double, 24. The count multiplies the states of a bounded fraction, so it is lower there.
    private const int LongestNumber = 64;
    private const int LongestBoundedFraction = 32;

    private static readonly CharPattern AnyInteger = Known(NumberText.AnyInteger, LongestNumber);
    private static readonly CharPattern AnyNumber = Known(NumberText.AnyNumber, LongestNumber);
    private static readonly CharPattern VerbatimText = new(CharAutomaton.Loop(PatternNode.VerbatimChars));

    /// <summary>One node for each scalar type that the shape leaves.</summary>
    public IEnumerable<GrammarNode> Build(ValueShape shape, string pointer)
    {
        var nodes = new List<GrammarNode>();
        if (shape.Types.HasFlag(JsonTypes.Null))
        {
            nodes.Add(new BytesNode("null"));
        }

        if (shape.Types.HasFlag(JsonTypes.Boolean))
        {
            nodes.Add(new BytesNode("true"));
            nodes.Add(new BytesNode("false"));
        }

        if (shape.Types.HasFlag(JsonTypes.Integer) && Number(shape, pointer) is { } number)
        {
            nodes.Add(new PatternNode(number, Spelling.Verbatim, "a number"));
        }

        if (shape.Types.HasFlag(JsonTypes.String) && Text(shape, pointer) is { } text)
        {
            nodes.Add(Quote(text));
        }

        return nodes;
    }

    public GrammarNode Quote(CharPattern text) => notation.Quoted(new PatternNode(text, notation.StringSpelling, "a string"));

    /// <summary>The spellings of the numbers a shape allows, or null when there are none.</summary>
    public CharPattern? Number(ValueShape shape, string pointer)
    {
        var isInteger = !shape.Types.HasFlag(JsonTypes.Fraction) || shape.Multiples.Exists(static step => step.IsInteger);
        var what = $"The number at {pointer} of {report.Subject}";
        CharPattern? result = isInteger ? AnyInteger : AnyNumber;
        var isBounded = false;
        foreach (var (bound, isStrict) in shape.LowerBounds)
        {
            Bound(Compile(isInteger ? NumberText.IntegerFrom(Least(bound, isStrict)) : NumberText.From(bound, isStrict)));
        }

        foreach (var (bound, isStrict) in shape.UpperBounds)
        {
            Bound(Compile(isInteger ? NumberText.IntegerTo(Most(bound, isStrict)) : NumberText.To(bound, isStrict)));
        }

        foreach (var step in shape.Multiples)
        {
            if (MultipleText.Automaton(step, budget, what) is { } multiples)
            {
                result = result?.And(new CharPattern(multiples), what, budget);
            }
            else
            {
                report.Weaken(pointer, "'multipleOf' has too many digits to be enforced");
            }
        }

        if (result is null)
        {
            report.Impossible(pointer, "no number lies within the bounds");
        }

        return result;

        // What lies within a bound is a number already, so the first one takes the place of all numbers.
        void Bound(CharPattern within)
        {
            result = isBounded ? result?.And(within, what, budget) : AnyShort(within);
            isBounded = true;
        }

        CharPattern? AnyShort(CharPattern within) =>
            shape.Multiples.Count > 0 || (isInteger && shape.LowerBounds.Count > 0 && shape.UpperBounds.Count > 0)
                ? within
                : within.Limit(0, isInteger ? LongestNumber : LongestBoundedFraction, what, budget);

        CharPattern Compile(RegexTree tree) =>
            CharPattern.FromExpression(tree, isSearch: false, what, budget) ?? new CharPattern(CharAutomaton.Loop(CharSet.None), 1, 1);
    }

    /// <summary>The texts a shape allows as strings, or null when there are none.</summary>
    public CharPattern? Text(ValueShape shape, string pointer)
    {
        var what = $"The string at {pointer} of {report.Subject}";
        CharPattern? result = notation.IsJson ? CharPattern.Anything : VerbatimText;
        foreach (var format in shape.Formats)
        {
            if (StringFormat.Expression(format) is { } expression)
            {
                result = result?.And(Formats.GetOrAdd(format, _ => Known(RegexParser.Parse(expression))), what, budget);
            }
            else
            {
                report.Weaken(pointer, $"the format '{format}' cannot be enforced");
            }
        }

        foreach (var (place, expression) in shape.Patterns)
        {
            RegexTree tree;
            try
            {
                tree = RegexParser.Parse(expression);
            }
            catch (Gemma4ConstraintException problem)
            {
                report.Weaken(place, $"'pattern' cannot be enforced: {problem.Message}");
                continue;
            }

            var pattern = CharPattern.FromExpression(tree, isSearch: true, $"The pattern '{expression}' at {place}", budget);
            result = pattern is null ? null : result?.And(pattern, what, budget);
        }

        result = result?.Limit(shape.MinLength, shape.MaxLength, what, budget);
        if (result is null)
        {
            report.Impossible(pointer, "no string meets its pattern, format and length together");
        }

        return result;
    }

    private static CharPattern Known(RegexTree tree, int longest = CharPattern.Unlimited) =>
        CharPattern.FromExpression(tree, isSearch: false, "A built-in form", new ConstraintBudget())!
            .Limit(0, longest, "A built-in form", new ConstraintBudget())!;

    private static BigInteger Least(DecimalNumber bound, bool isStrict) => isStrict ? bound.Floor() + 1 : bound.Ceiling();

    private static BigInteger Most(DecimalNumber bound, bool isStrict) => isStrict ? bound.Ceiling() - 1 : bound.Floor();
}
