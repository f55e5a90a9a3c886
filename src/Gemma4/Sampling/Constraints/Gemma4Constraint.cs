using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;
using Gemma4.Sampling.Constraints.Schemas;

namespace Gemma4.Sampling.Constraints;

/// <summary>
/// What a response must look like, enforced while it is generated: no token is picked that leads away from it. Immutable
/// and safe to share; compiled when it is made, so that whatever is wrong with it shows at once.
/// </summary>
[Experimental("GEMMA4001")]
public sealed class Gemma4Constraint
{
    private Gemma4Constraint(GrammarNode root, IReadOnlyList<string> warnings, string what)
    {
        GrammarCheck.Run(root, what);
        Root = root;
        Warnings = warnings;
    }

    /// <summary>
    /// Any JSON value: valid JSON, no key twice, at most 64 levels deep, 64 white space characters in a gap and 64
    /// characters in a number.
    /// </summary>
    public static Gemma4Constraint Json { get; } = JsonSchema(JsonElement.Parse("true"));

    /// <summary>What the constraint does not enforce, a sentence each; empty for everything compiled strictly.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>JSON that a schema accepts, in any order of keys and with any white space.</summary>
    /// <param name="schema">
    /// A JSON Schema of draft 7 or 2020-12. Integers are written without point and exponent. Keywords of annotation are
    /// ignored, as are keywords that JSON Schema does not know.
    /// </param>
    /// <param name="strict">
    /// True (default) refuses a schema with a keyword that cannot be enforced; false enforces the rest and tells in
    /// <see cref="Warnings"/> what is missing.
    /// </param>
    /// <exception cref="Gemma4ConstraintException">
    /// The schema admits nothing, is too large, or in strict mode says something that cannot be enforced.
    /// </exception>
    public static Gemma4Constraint JsonSchema(JsonElement schema, bool strict = true) => JsonSchema(schema, strict, closesObjects: false);

    /// <summary>As above; <paramref name="closesObjects"/> leaves keys out that the schema neither declares nor allows.</summary>
    internal static Gemma4Constraint JsonSchema(JsonElement schema, bool strict, bool closesObjects)
    {
        var report = new SchemaReport("The JSON schema", strict);
        var notation = Notation.Json(closesObjects);
        var root = new SchemaCompiler(schema, report, new ConstraintBudget(), notation).CompileRoot(isObject: false);
        return new Gemma4Constraint(
            new SequenceNode(notation.Gap!, root, notation.Gap!),
            report.Warnings,
            report.Impossibility is { } fact ? $"The JSON schema ({fact})" : "The JSON schema");
    }

    /// <summary>A text that a regular expression matches as a whole.</summary>
    /// <param name="pattern">
    /// Characters, <c>.</c>, classes, <c>\d \w \s</c>, groups, alternatives, <c>* + ? {m,n}</c>; no look-around, word
    /// boundary, back reference or <c>\p</c>. Anchors change nothing at the ends.
    /// </param>
    /// <exception cref="Gemma4ConstraintException">The pattern is damaged, matches nothing or needs too many states.</exception>
    public static Gemma4Constraint Regex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var what = $"The regular expression '{pattern}'";
        var compiled = CharPattern.FromExpression(RegexParser.Parse(pattern), isSearch: false, what, new ConstraintBudget())
            ?? throw new Gemma4ConstraintException($"{what} matches no text at all.");
        return new Gemma4Constraint(new PatternNode(compiled, Spelling.Verbatim, "the regular expression"), [], what);
    }

    /// <summary>One of several texts, exactly.</summary>
    /// <param name="choices">At least one text; the empty text is allowed.</param>
    /// <exception cref="Gemma4ConstraintException">There is no choice.</exception>
    public static Gemma4Constraint Choices(IEnumerable<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        string[] texts = [.. choices];
        if (texts.Length == 0)
        {
            throw new Gemma4ConstraintException("The list of choices is empty. Give at least one text.");
        }

        var words = new CharPattern(AutomatonBuilder.Words(texts));
        return new Gemma4Constraint(new PatternNode(words, Spelling.Verbatim, "one of the choices"), [], "The list of choices");
    }

    /// <summary>A text that a grammar derives.</summary>
    /// <param name="grammar">
    /// Rules like <c>root ::= "yes" | "no" rest</c>, with literals, classes <c>[a-z]</c>, <c>/regex/</c>, groups,
    /// <c>? * + {m,n}</c> and comments from <c>#</c>. The start is <c>root</c>, else <c>start</c>, else the first rule. No
    /// rule may begin with itself.
    /// </param>
    /// <exception cref="Gemma4ConstraintException">The grammar cannot be read (with line and column) or derives nothing.</exception>
    public static Gemma4Constraint Grammar(string grammar)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        return new Gemma4Constraint(new GrammarCompiler(grammar, new ConstraintBudget()).Compile(), [], "The grammar");
    }

    /// <summary>The grammar alone, without a vocabulary.</summary>
    internal GrammarNode Root { get; }
}
